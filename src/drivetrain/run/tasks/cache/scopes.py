"""Who may read whose caches: a branch its own and those of the default branch, a pull request also its target's.

https://learn.microsoft.com/azure/devops/pipelines/release/caching#cache-isolation-and-security
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from drivetrain.run.caches.model import CacheScope

if TYPE_CHECKING:
    from drivetrain.run.runner.state import JobState

_SECONDS = 10
_LIKELY = ("refs/heads/main", "refs/heads/master")
"""The default branch, where the repository does not say."""


def own_scope(job: JobState) -> CacheScope:
    """Where a job writes."""
    return _scope(job, job.variables.value("Build.SourceBranch"))


def readable_scopes(job: JobState) -> list[CacheScope]:
    """Where a job reads, in the order in which it looks."""
    value = job.variables.value
    branches = [value("Build.SourceBranch")]
    if value("System.PullRequest.IsFork").lower() != "true":  # a stranger's branch has no say in ours
        branches.append(value("System.PullRequest.SourceBranch"))
    branches += [value("System.PullRequest.TargetBranch"), *_default_branches(job)]
    return [_scope(job, _full(branch)) for branch in dict.fromkeys(map(_full, branches)) if branch]


def _full(branch: str) -> str:
    return branch if not branch or branch.startswith("refs/") else f"refs/heads/{branch}"


def _default_branches(job: JobState) -> tuple[str, ...]:
    """What HEAD of the repository names; a working tree's copy has none that means anything."""
    folder = job.spec.source.fetch_from
    if not folder:
        return _LIKELY
    command = ["git", "-C", folder, "rev-parse", "--symbolic-full-name", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return _LIKELY
    return (done.stdout.strip(),) if done.stdout.startswith("refs/heads/") else _LIKELY


def _scope(job: JobState, branch: str) -> CacheScope:
    value = job.variables.value
    return CacheScope(value("System.TeamProject"), value("Build.Repository.Uri"), value("Build.DefinitionName"), branch)
