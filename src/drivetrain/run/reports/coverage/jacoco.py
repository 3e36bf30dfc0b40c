"""JaCoCo.

https://www.jacoco.org/jacoco/trunk/coverage/report.dtd, https://github.com/microsoft/azure-pipelines-agent
(JaCoCoSummaryReader)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.reports.coverage.numbers import whole
from drivetrain.run.reports.model import Measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.reports.coverage.lines import Sources
    from drivetrain.run.reports.elements import Element

NAME = "JaCoCo"
ROOT = "report"


def wanted(names: Sequence[str]) -> bool:
    """Lines of source files, and the report's own counters."""
    return (names[-1] == "line" and names[-2] == "sourcefile") or tuple(names) == ("report", "counter")


class Reader:
    """Reads one report into `sources`."""

    name = NAME

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self.folders: list[str] = []

    def take(self, above: Sequence[Element], element: Element) -> tuple[str, str, Element] | None:
        """(file, package, line); None for an element that says something else."""
        if element.name == "counter":
            self._count(element)
            return None
        package = next((each.get("name") for each in above if each.name == "package"), "")
        file = above[-1].get("name")
        return f"{package}/{file}" if package else file, package.replace("/", "."), element

    @staticmethod
    def line(element: Element) -> tuple[int, bool, Measure]:
        """The number of a line, whether it was covered, and its branches."""
        missed, covered = whole(element.get("mb")), whole(element.get("cb"))
        return whole(element.get("nr")), whole(element.get("ci")) > 0, Measure(covered, covered + missed)

    def _count(self, counter: Element) -> None:
        missed, covered = whole(counter.get("missed")), whole(counter.get("covered"))
        found = Measure(covered, covered + missed)
        if counter.get("type") == "LINE":
            self._sources.counted_lines += found
        elif counter.get("type") == "BRANCH":
            self._sources.counted_branches += found

    def end(self, root: Element) -> None:
        """Nothing more: the counters have been taken as they came."""
