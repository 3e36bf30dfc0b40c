"""The formats of test results, by the names that `testResultsFormat` has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UserError
from drivetrain.run.reports.formats import ctest, junit, nunit, trx, xunit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from drivetrain.run.reports.formats.case import Case


class Format(NamedTuple):
    """One format."""

    name: str
    cases: Callable[[Path, str], Iterator[Case]]


FORMATS = {
    each.name.lower(): each
    for each in (
        Format("JUnit", junit.cases),
        Format("NUnit", nunit.cases),
        Format("VSTest", trx.cases),
        Format("XUnit", xunit.cases),
        Format("CTest", ctest.cases),
    )
}


def find_format(name: str) -> Format:
    """The format of that name, in any case. Raises UserError."""
    found = FORMATS.get(name.strip().lower())
    if found is None:
        known = ", ".join(each.name for each in FORMATS.values())
        raise UserError(f"Unknown test runner '{name[:100]}'", hint=f"use one of: {known}")
    return found
