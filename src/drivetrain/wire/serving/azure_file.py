"""What a user has written down in Azure's own YAML for online endpoints, read as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError, UnavailableError, UserError
from drivetrain.lang.yaml import Limits, read

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.lang.tree import Node

LIMITS = Limits(characters=200_000, depth=20, nodes=10_000)
MOST_BYTES = 200_000


def tree_of(path: Path, what: str) -> Node:
    """The tree of a file that is to describe `what`. Raises DefinitionError, NotFoundError, UnavailableError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path} is too large for {what}", hint=f"{MOST_BYTES} bytes at most")
        text = path.read_text("utf-8")
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UnavailableError(f"cannot read {path}: {error}") from error
    return read(text, file=str(path), limits=LIMITS)
