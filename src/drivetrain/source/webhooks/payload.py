"""Looks into a payload, which may be anything at all: what is missing or of another kind is empty. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TEXT = 1000
MAX_NUMBER = 2**53
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHORT = re.compile(r"[0-9a-f]{7,64}")


class Payload(Struct, frozen=True):
    """A value of a JSON document."""

    value: object

    def __getitem__(self, name: str) -> Payload:
        return Payload(self.value.get(name) if isinstance(self.value, dict) else None)

    def __bool__(self) -> bool:
        return bool(self.value)

    @property
    def whole(self) -> str:
        """A text of any length."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def text(self) -> str:
        """A text as people write it: a title, a name. What is longer than any such is cut."""
        return self.whole[:MAX_TEXT]

    @property
    def number(self) -> int:
        """A positive whole number; 0 when it is none."""
        found = self.value if type(self.value) is int else 0
        return found if 0 < found < MAX_NUMBER else 0

    @property
    def flag(self) -> bool:
        """Whether it is true."""
        return self.value is True

    @property
    def sha(self) -> str:
        """The id of a commit or tag, in full."""
        return self.whole if _SHA.fullmatch(self.whole) else ""

    @property
    def short_sha(self) -> str:
        """The id of a commit, or the beginning of one."""
        return self.whole if _SHORT.fullmatch(self.whole) else ""

    @property
    def moment(self) -> str:
        """A date and time, in the one form that can be compared as text; empty when it is none."""
        try:
            found = datetime.fromisoformat(self.whole.replace(" UTC", "Z").replace(" ", "T", 1))
            return timestamp(found if found.tzinfo else found.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            return ""

    def __iter__(self) -> Iterator[Payload]:
        return iter([Payload(each) for each in self.value] if isinstance(self.value, list) else [])


def branch(name: str) -> str:
    """The full ref of a branch that is named in short."""
    return f"refs/heads/{name}"


def tag(name: str) -> str:
    """The full ref of a tag that is named in short."""
    return f"refs/tags/{name}"
