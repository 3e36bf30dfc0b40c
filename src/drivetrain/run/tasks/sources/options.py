"""What a checkout is asked for, checked before anything is touched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from drivetrain.run.tasks.inputs import Inputs

_FILTER = r"blob:none|blob:limit=\d+[kmgKMG]?|tree:\d+|sparse:oid=\S+|object:type=(blob|tree|commit|tag)"
"""Compiled by the few that have one. https://git-scm.com/docs/git-rev-list#Documentation/git-rev-list.txt---filterltfilter-specgt"""


class Options(Struct, frozen=True):
    """The inputs of a checkout step."""

    depth: int
    """How many commits of history; 0 for all."""
    sparse: tuple[tuple[str, ...], ...]
    """The arguments of `git sparse-checkout`, one command each; none for a checkout of everything."""
    submodules: bool
    nested: bool
    """Whether submodules have theirs checked out, too."""
    clean: bool
    tags: bool
    lfs: bool
    persist: bool
    """Whether later steps may act at the repository's host."""


def read_options(inputs: Inputs) -> Options:
    """The inputs as they are meant. Raises UserError for one that is none."""
    _check_filter(inputs.text("fetchFilter"))
    submodules = inputs.text("submodules").lower()
    return Options(
        depth=_depth(inputs.text("fetchDepth") or "0"),
        sparse=_sparse(inputs),
        submodules=submodules in ("true", "recursive"),
        nested=submodules == "recursive",
        clean=inputs.flag("clean"),
        tags=inputs.flag("fetchTags"),
        lfs=inputs.flag("lfs"),
        persist=inputs.flag("persistCredentials"),
    )


def _depth(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 - git counts in 32 bits
        raise UserError(f"fetchDepth is '{text}', which is not a number of at least 0")
    return int(text)


def _check_filter(wanted: str) -> None:
    """All objects are here: a filter has nothing to leave out, but one that git would refuse is refused."""
    if wanted and not all(re.fullmatch(_FILTER, part) for part in wanted.removeprefix("combine:").split("+")):
        raise UserError(
            f"fetchFilter '{wanted}' is not one that git knows", hint="use blob:none, blob:limit=1m or tree:0"
        )


def _sparse(inputs: Inputs) -> tuple[tuple[str, ...], ...]:
    """Directories come before patterns. Raises UserError for what git would take as an option."""
    directories, patterns = (inputs.text(f"sparseCheckout{kind}").split() for kind in ("Directories", "Patterns"))
    wanted = directories or patterns
    option = next((word for word in wanted if word.startswith("-")), None)
    if option is not None:
        raise UserError(f"'{option}' cannot be checked out sparsely", hint="write ./ before a name that begins with -")
    return (("init", "--cone" if directories else "--no-cone"), ("set", *wanted)) if wanted else ()
