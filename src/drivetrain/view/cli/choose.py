"""Which run is meant: an id, a number such as 20261123.2, or the newest when nothing is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.view.ports import RunFilter

if TYPE_CHECKING:
    from drivetrain.run.model import Run
    from drivetrain.view.ports import RunQueries


def choose_run(queries: RunQueries, named: str | None) -> Run:
    """The run that is meant. Raises NotFoundError with what to do next."""
    if named is None:
        newest = queries.runs(RunFilter(limit=1))
        if not newest:
            raise NotFoundError("there are no runs yet", hint="drivetrain run, or drivetrain project add PATH and push")
        return newest[0]
    by_number = [run for run in queries.runs(RunFilter(text=named)) if run.number == named]
    if by_number:
        return by_number[0]
    if named.isdigit():
        return queries.timeline(int(named)).run
    raise NotFoundError(f"there is no run {named!r}", hint="drivetrain runs lists ids and numbers")
