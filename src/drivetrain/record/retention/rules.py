"""The rules of retention, pure. Azure's are the model; docs/retention.md says where ours differ.

https://learn.microsoft.com/azure/devops/pipelines/policies/retention
"""

from __future__ import annotations

from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from drivetrain.clock import parse_timestamp
from drivetrain.record.retention.model import Fate, What

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from drivetrain.record.retention.model import Past, Policy

_BRANCHES = "refs/heads/"
_PULLS = "refs/pull/"


def fates(runs: Sequence[Past], policy: Policy) -> list[Fate]:
    """What happens to each run and its parts, in the order of the runs."""
    recent = _recent(runs, policy)
    return [fate for run in runs for fate in _of(run, policy, recent)]


def _of(run: Past, policy: Policy, recent: Collection[int]) -> Iterator[Fate]:
    end = parse_timestamp(run.finished_at)
    days, why = _days(run, policy)
    protected = _protection(run, policy, recent)
    at = end + timedelta(days=days) if days and not protected else None
    yield Fate(run, What.RUN, at, protected or why)
    artifacts = end + timedelta(days=policy.artifact_days)
    if run.artifacts and policy.artifact_days and not protected and not _ruled(run, policy) and _before(artifacts, at):
        yield Fate(run, What.ARTIFACTS, artifacts, f"{policy.artifact_days} days for artifacts")
    work = end + timedelta(days=policy.work_days)
    if run.work and policy.work_days and _before(work, at):
        yield Fate(run, What.WORK, work, f"{policy.work_days} days for work folders")


def _before(moment: datetime, end: datetime | None) -> bool:
    return end is None or moment < end


def _days(run: Past, policy: Policy) -> tuple[int, str]:
    pattern = _ruled(run, policy)
    if pattern:
        days = policy.branches[pattern]
        return days, f"{days} days for branches {pattern}" if days else f"branches {pattern} are kept for ever"
    if run.branch.startswith(_PULLS) or run.reason == "PullRequest":
        return policy.pull_request_days, f"{policy.pull_request_days} days for pull requests"
    return policy.days, f"{policy.days} days" if policy.days else "runs are kept for ever"


def _protection(run: Past, policy: Policy, recent: Collection[int]) -> str:
    """Why a run is kept however old it is; empty when it is not."""
    if run.leased:
        return "somebody keeps it"
    if run.id in recent:
        return f"among the newest {policy.recent} of its pipeline or branch"
    return ""


def _ruled(run: Past, policy: Policy) -> str:
    """The pattern of `branches` that a run falls under."""
    names = (run.branch, run.branch.removeprefix(_BRANCHES))
    return next((p for p in policy.branches if any(fnmatchcase(name, p) for name in names)), "")


def _recent(runs: Iterable[Past], policy: Policy) -> set[int]:
    """The newest of each pipeline, and of each of its branches that is the default or has a rule."""
    counts: dict[tuple[str, str | None], int] = {}
    found: set[int] = set()
    for run in sorted(runs, key=lambda run: (run.finished_at, run.id), reverse=True):
        keys: list[tuple[str, str | None]] = [(run.pipeline, None)]
        if run.branch == run.default_branch or _ruled(run, policy):
            keys.append((run.pipeline, run.branch))
        for key in keys:
            counts[key] = counts.get(key, 0) + 1
            if counts[key] <= policy.recent:
                found.add(run.id)
    return found
