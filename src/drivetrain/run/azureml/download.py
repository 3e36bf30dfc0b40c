"""Fetches an input from the web: bounded, and ended when the job is canceled."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LARGEST = 64 << 30
SECONDS = 60.0
"""How long nothing may come."""
CHUNK = 1 << 20


def download(url: str, target: Path, go_on: Callable[[], None]) -> int:
    """Fetch a file; how many bytes it has. `go_on` is called often and may raise. Raises UserError."""
    if not url.lower().startswith(("http://", "https://")):
        raise UserError(f"{url} cannot be fetched: only http and https can")
    waiting = target.with_name(f".{target.name[:200]}.part")
    try:
        size = _fetch(url, waiting, go_on)
        waiting.replace(target)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise UserError(f"{url} cannot be fetched: {error}", hint="check the address, and the network") from error
    finally:
        waiting.unlink(missing_ok=True)
    return size


def _fetch(url: str, target: Path, go_on: Callable[[], None]) -> int:
    size = 0
    request = urllib.request.Request(url, headers={"User-Agent": "drivetrain"})  # noqa: S310 - its scheme was checked
    with urllib.request.urlopen(request, timeout=SECONDS) as answer, target.open("wb") as file:  # noqa: S310
        while chunk := answer.read(CHUNK):
            size += len(chunk)
            if size > LARGEST:
                raise UserError(f"{url} is larger than {LARGEST >> 30} GB")
            file.write(chunk)
            go_on()
    return size
