"""States and results in the words of Azure DevOps: those of builds, of pipeline runs, and of timelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.model import Result, State

if TYPE_CHECKING:
    from drivetrain.run.model import Run

_BUILD_RESULTS = {
    Result.SUCCEEDED: "succeeded",
    Result.SUCCEEDED_WITH_ISSUES: "partiallySucceeded",
    Result.FAILED: "failed",
    Result.CANCELED: "canceled",
    Result.SKIPPED: "canceled",
}
_RUN_RESULTS = {**_BUILD_RESULTS, Result.SUCCEEDED_WITH_ISSUES: "succeeded"}
_RECORD_RESULTS = {**_BUILD_RESULTS, Result.SUCCEEDED_WITH_ISSUES: "succeededWithIssues", Result.SKIPPED: "skipped"}
_RECORD_STATES = {State.PENDING: "pending", State.RUNNING: "inProgress", State.COMPLETED: "completed"}


def build_status(run: Run) -> str:
    """`status` of a build."""
    if run.state is State.COMPLETED:
        return "completed"
    if run.cancel_requested:
        return "cancelling"
    return "notStarted" if run.state is State.PENDING else "inProgress"


def build_result(run: Run) -> str | None:
    """`result` of a build."""
    return _BUILD_RESULTS[run.result] if run.result else None


def run_state(run: Run) -> str:
    """`state` of a pipeline run."""
    if run.state is State.COMPLETED:
        return "completed"
    return "canceling" if run.cancel_requested else "inProgress"


def run_result(run: Run) -> str | None:
    """`result` of a pipeline run: these have no word for partly."""
    return _RUN_RESULTS[run.result] if run.result else None


def reason_of(run: Run) -> str:
    """`reason` of a build: as `Build.Reason`, beginning small."""
    text = str(run.reason)
    return text[0].lower() + text[1:]


def record_state(state: State) -> str:
    """`state` of a timeline's record."""
    return _RECORD_STATES[state]


def record_result(result: Result | None) -> str | None:
    """`result` of a timeline's record."""
    return _RECORD_RESULTS[result] if result else None
