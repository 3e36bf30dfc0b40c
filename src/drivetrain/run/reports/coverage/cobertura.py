"""Cobertura, as coverage.py, coverlet, istanbul and many others write it.

https://github.com/cobertura/cobertura (coverage-04.dtd), https://github.com/microsoft/azure-pipelines-agent
(CoberturaSummaryReader)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.run.reports.coverage.numbers import whole
from drivetrain.run.reports.model import Measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.reports.coverage.lines import Sources
    from drivetrain.run.reports.elements import Element

NAME = "Cobertura"
ROOT = "coverage"
_CONDITIONS = re.compile(r"\((\d{1,9})/(\d{1,9})\)")


def wanted(names: Sequence[str]) -> bool:
    """Lines of classes, and the folders of sources."""
    return (names[-1] == "line" and "class" in names) or tuple(names) == ("coverage", "sources", "source")


class Reader:
    """Reads one report into `sources`. `folders` are those that it names for its sources."""

    name = NAME

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self.folders: list[str] = []

    def take(self, above: Sequence[Element], element: Element) -> tuple[str, str, Element] | None:
        """(file, package, line); None for an element that says something else."""
        if element.name == "source":
            self.folders.append(element.text.strip())
            return None
        owner = next(each for each in reversed(above) if each.name == "class")
        package = next((each.get("name") for each in above if each.name == "package"), "")
        return owner.get("filename") or owner.get("name"), package, element

    @staticmethod
    def line(element: Element) -> tuple[int, bool, Measure]:
        """The number of a line, whether it was covered, and its branches."""
        found = _CONDITIONS.search(element.get("condition-coverage"))
        branches = Measure(min(int(found[1]), int(found[2])), int(found[2])) if found else Measure()
        return whole(element.get("number")), whole(element.get("hits")) > 0, branches

    def end(self, root: Element) -> None:
        """What the report counts."""
        self._sources.counted_lines += _counted(root, "lines")
        self._sources.counted_branches += _counted(root, "branches")


def _counted(root: Element, what: str) -> Measure:
    total = whole(root.get(f"{what}-valid"))
    return Measure(min(total, whole(root.get(f"{what}-covered"))), total)
