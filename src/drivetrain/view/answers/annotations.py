"""What is shown at lines of files: issues that steps reported, and tests that failed. Pure; all of it is hostile."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from drivetrain.source.hosts.model import Annotation
from drivetrain.view.answers.markdown import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drivetrain.run.model import Issue
    from drivetrain.view.answers.story import Story
    from drivetrain.view.reports.ports import Case

MOST = 200
LONGEST_LINE = 10_000_000
LONGEST_MESSAGE = 4000
_LEVELS = {"error": "error", "warning": "warning"}
_PATH = r"(?P<path>(?:[A-Za-z]:)?[^\s:()\"'<>|*?]{1,300}\.[A-Za-z0-9_+-]{1,12})"
_PLACES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^\s*{_PATH}:(?P<line>\d{{1,8}})(?::\d+)?:",  # gcc, clang, mypy, flake8, pytest
        rf"^\s*{_PATH}\((?P<line>\d{{1,8}})(?:,\d+)?\)\s*:",  # MSBuild, TypeScript
        r"^\s*File \"(?P<path>[^\"\n]{1,300})\", line (?P<line>\d{1,8})",  # Python
        rf"^\s*-->\s*{_PATH}:(?P<line>\d{{1,8}})",  # Rust
    )
)


def annotated(story: Story) -> tuple[Annotation, ...]:
    """Those at files of the repository, errors first, each once, in an order that does not change."""
    found = dict.fromkeys([*_of_issues(story), *_of_tests(story)])
    return tuple(sorted(found, key=lambda each: each.level != "error")[:MOST])


def _of_issues(story: Story) -> Iterator[Annotation]:
    for issue in story.issues:
        path, line = _place_of(issue)
        inside = within(path, story.roots)
        if inside and 0 < line <= LONGEST_LINE:
            level = _LEVELS.get(issue.type, "notice")
            yield Annotation(inside, line, issue.message[:LONGEST_MESSAGE], level, plain(issue.code, 100))


def _place_of(issue: Issue) -> tuple[str, int]:
    if issue.file:
        return issue.file, max(issue.line, 1)
    places = list(places_in(issue.message[:LONGEST_MESSAGE]))
    return places[0] if places else ("", 0)


def _of_tests(story: Story) -> Iterator[Annotation]:
    for case in story.results.failed:
        place = _deepest(case, story)
        if place:
            words = case.result.message.strip() or "it failed"
            title = plain(case.result.title or case.result.name, 200)
            yield Annotation(place[0], place[1], words[:LONGEST_MESSAGE], "error", title)


def _deepest(case: Case, story: Story) -> tuple[str, int] | None:
    """The place in the repository that is nearest to the failure: the last one that the stack names."""
    said = f"{case.result.message}\n{case.result.stack}"
    inside = [(within(path, story.roots), line) for path, line in places_in(said)]
    kept = [(path, line) for path, line in inside if path and 0 < line <= LONGEST_LINE]
    return kept[-1] if kept else None


def places_in(text: str) -> Iterator[tuple[str, int]]:
    """(path, line) as compilers, linters and tracebacks write them, in order."""
    for line in text.splitlines():
        for pattern in _PLACES:
            found = pattern.match(line[:1000])
            if found:
                yield found["path"], int(found["line"])
                break


def within(path: str, roots: Sequence[str]) -> str:
    """The path from the root of the repository, with slashes; empty when it is not one within it."""
    slashed = path.strip().replace("\\", "/")
    for root in roots:
        if slashed.startswith(f"{root}/"):
            slashed = slashed[len(root) + 1 :]
            break
    parts = PurePosixPath(slashed).parts
    outside = not parts or slashed.startswith(("/", "~")) or ".." in parts or ":" in parts[0]
    return "" if outside or not slashed.isprintable() else PurePosixPath(*parts).as_posix()
