"""The run's number, by the format in `name:`: $(Date:yyyyMMdd).$(Rev:r) and its kin.

https://learn.microsoft.com/azure/devops/pipelines/process/run-number
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.definition.model import Variable
from drivetrain.errors import Problem, UserError
from drivetrain.lang.dates import format_date
from drivetrain.lang.macros import expand_macros
from drivetrain.plan.names.model import LONGEST_RUN_NAME, NOT_IN_RUN_NAME, is_run_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.definition.model import Pipeline
    from drivetrain.plan.model import Plan

_SAMPLE = datetime(2000, 12, 31, 23, 59, 59, tzinfo=UTC)
_REV = "\ue000"
_END = "\ue001"
_ID = "\ue002"
_MARKS = re.compile("[\ue000-\ue002]")
_REVISION = re.compile(f"{_REV}([^{_END}]*?)(r+)({_END})")
_REV_FORMAT = re.compile(r"[^r]*r+\Z")


class RunName(Struct, frozen=True):
    """A run's name while its id and revision are not known yet."""

    key: str
    """The name without its revision: what revisions are counted by."""
    text: str
    """The name with marks where id and revision belong."""

    def render(self, run_id: int, revision: int) -> str:
        """The name. A name with the run's id in it is new each time, so its revision is always 1.

        Raises UserError when Azure would refuse it.
        """
        number = 1 if _ID in self.text else revision
        text = self.text.replace(_ID, str(run_id))
        name = _REVISION.sub(lambda match: f"{match[1]}{number:0{min(len(match[2]), 20)}d}", text)
        _check(name)
        return name


def run_name(
    name_format: str,
    *,
    now: datetime,
    pipeline: str,
    branch: str,
    project: str = "",
    variables: Mapping[str, str] | None = None,
) -> RunName:
    """Read a format and fill in all but the id and the revision.

    Args:
        name_format: the file's `name:`.
        now: the present moment in UTC.
        pipeline: `$(BuildDefinitionName)`.
        branch: the ref in full, for `$(SourceBranchName)`.
        project: `$(TeamProject)`.
        variables: what other `$(names)` mean; unknown ones stay as they are.

    Raises:
        UserError: the name would be one that Azure refuses, or a date format is wrong.
    """
    known = {name.lower(): _MARKS.sub("", value) for name, value in (variables or {}).items()}
    tokens = {**known, **_tokens(now, pipeline, branch, project)}

    def lookup(name: str) -> str | None:
        token, _, form = name.partition(":")
        word = token.strip().lower()
        if word == "rev" and (form or word not in known):
            return _revision(form)
        if word in ("date", "year") and form:
            return _date(now, form)
        return tokens.get(name.strip().lower())  # A variable that is called `rev` is `$(rev)`.

    text = expand_macros(_MARKS.sub("", name_format), lookup)
    named = RunName(_REVISION.sub("", text).replace(_ID, "$(BuildID)"), text)
    named.render(1, 1)
    return named


def root_values(
    plan: Plan,
    queued: Mapping[str, str] | None = None,
    evaluate: Callable[[str, Mapping[str, str]], str | None] | None = None,
) -> dict[str, str]:
    """The plan's root variables, for `run_name`; they win over queued ones.

    `evaluate` gives the value of what is inside `$[ ]`, seeing the values so far; without it, and where it gives None,
    such a variable is left out.
    """
    values = {name.lower(): value for name, value in (queued or {}).items()}
    for variable in (each for each in plan.variables if not each.group):
        key, value = variable.name.lower(), variable.value
        found = value if not variable.runtime else evaluate(value, values) if evaluate else None
        if found is not None:
            values[key] = found
    return values


def name_problem(pipeline: Pipeline) -> Problem | None:
    """What is wrong with the file's `name:` on any day and branch, for `lint`."""
    if pipeline.name is None:
        return None
    variables = {
        variable.name: variable.value.value
        for variable in pipeline.variables
        if isinstance(variable, Variable) and not variable.runtime
    }
    try:
        run_name(pipeline.name.value, now=_SAMPLE, pipeline="pipeline", branch="refs/heads/main", variables=variables)
    except UserError as error:
        return Problem(pipeline.name.position, error.message, error.hint, code="wrong-run-name")
    return None


def _tokens(now: datetime, pipeline: str, branch: str, project: str) -> dict[str, str]:
    branch_name = branch.rsplit("/", 1)[-1]
    tokens = {
        "builddefinitionname": pipeline,
        "build.definitionname": pipeline,
        "sourcebranchname": branch_name,
        "build.sourcebranchname": branch_name,
        "build.sourcebranch": branch.replace("/", "_"),
        "teamproject": project,
        "system.teamproject": project,
        "date": format_date(now, "yyyyMMdd"),
        "year": f"{now.year}",
        "month": f"{now.month}",
        "dayofmonth": f"{now.day}",
        "dayofyear": f"{now.timetuple().tm_yday}",
        "hours": f"{now.hour}",
        "minutes": f"{now.minute}",
        "seconds": f"{now.second}",
    }
    safe = {name: _MARKS.sub("", value) for name, value in tokens.items()}
    return {**safe, "buildid": _ID, "build.buildid": _ID}


def _revision(form: str) -> str:
    """A mark that holds the form: `r`, `rr`, `.r`, `-r`."""
    if form and not _REV_FORMAT.match(form):
        message = f"'$(Rev:{form})' is not a form of the revision"
        raise UserError(message, hint="write $(Rev:r), $(Rev:rr) for two digits, or $(Rev:.r)")
    return f"{_REV}{form or 'r'}{_END}"


def _date(now: datetime, form: str) -> str:
    try:
        return format_date(now, form)
    except ValueError as error:
        raise UserError(f"the run's name has a wrong date format: {error}", hint="write $(Date:yyyyMMdd)") from error


def _check(name: str) -> None:
    if not is_run_name(name):
        message = (
            f"the run's name '{name[:80]}' contains invalid characters, is empty or too long, or ends with '.': at"
            f" most {LONGEST_RUN_NAME} characters, none of {' '.join(NOT_IN_RUN_NAME)}"
        )
        raise UserError(message, hint="change `name:` at the top of the pipeline file")
