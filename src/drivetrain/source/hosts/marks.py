"""The mark that a comment of ours begins with, by which it is found again. Pure."""

from __future__ import annotations

import re

_MARK = re.compile(r"<!-- drivetrain: [^<>\n]{1,200} -->")


def marker(text: str) -> str:
    """The mark at the beginning of a comment, which its readers do not see; empty when there is none."""
    found = _MARK.match(text.lstrip())
    return found.group() if found else ""
