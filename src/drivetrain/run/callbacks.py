"""The way of a service's word to the step that waits for it: a file in the job's folder, written whole, once.

https://learn.microsoft.com/rest/api/azure/devops/distributedtask/events/post-event
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path


class Completion(Struct, frozen=True):
    """What the service says of the task that it was asked to carry out."""

    succeeded: bool


def completion_file(folder: Path, step: int) -> Path:
    """Where the word for a step lies in the folder of its job."""
    return folder / f"completed.{step}.json"


def read_completion(folder: Path, step: int) -> Completion | None:
    """The word, None while there is none."""
    try:
        return msgspec.json.decode(completion_file(folder, step).read_bytes(), type=Completion)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def write_completion(folder: Path, step: int, word: Completion) -> None:
    """Hand the word over; the first one counts. It is on disk before this returns. Raises OSError."""
    path = completion_file(folder, step)
    new = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with new.open("xb") as file:
            file.write(msgspec.json.encode(word))
            file.flush()
            os.fsync(file.fileno())
        if not path.exists():
            new.replace(path)
    finally:
        new.unlink(missing_ok=True)
