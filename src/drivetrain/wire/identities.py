"""Whose a token is, of a job or a program, and the tags that every training run of a job carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from drivetrain.record.tracking.model import PROJECT_TAG, REPRODUCES
from drivetrain.view.api.azure.identity.model import Principal, PrincipalKind
from drivetrain.view.api.mlflow.ports import Identity
from drivetrain.view.tokens.model import TokenScope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.run.model import JobRef, Run
    from drivetrain.view.tokens.model import PersonalToken

KEPT_RUNS = 256


class JobIdentities:
    """Looks tokens up at every request, so that a revoked one is refused at once; remembers the tags of runs."""

    def __init__(
        self, lookup: Callable[[str], tuple[int, JobRef, int] | None], run: Callable[[int], Run], server_url: str
    ) -> None:
        self._lookup = lookup
        self._run = run
        self._server_url = server_url
        self._tags: dict[int, tuple[Mapping[str, str], bool]] = {}

    def __call__(self, token: str) -> Identity | None:
        """The job's identity; None when the token is nobody's."""
        found = self._lookup(token)
        if found is None:
            return None
        run_id, job, _ = found
        tags, restricted = self._known(run_id)
        return Identity("job", {**tags, "drivetrain.job": str(job)}, run_id, restricted=restricted)

    def _known(self, run_id: int) -> tuple[Mapping[str, str], bool]:
        if run_id not in self._tags:
            if len(self._tags) >= KEPT_RUNS:
                self._tags.clear()
            run = self._run(run_id)
            tags = run_tags(run, self._server_url)
            self._tags[run_id] = {**tags, PROJECT_TAG: _apart(run)} if run.restricted else tags, run.restricted
        return self._tags[run_id]


def _apart(run: Run) -> str:
    """The project that training runs of a stranger belong to: one of their own, so that they neither see nor change
    those of the project.
    """
    return f"{run.project} run {run.id} of a fork"


def run_tags(run: Run, server_url: str) -> dict[str, str]:
    """The tags: where a training run comes from. `build number` is how the classic scripts find theirs again."""
    branch = run.source.ref.removeprefix("refs/heads/")
    whose = {PROJECT_TAG: run.project} if run.project else {}
    again = {REPRODUCES: run.variables[REPRODUCES]} if REPRODUCES in run.variables else {}
    return {
        **whose,
        **again,
        "build number": run.number,
        "drivetrain.build_number": run.number,
        "drivetrain.build_id": str(run.id),
        "drivetrain.commit": run.source.commit.sha,
        "drivetrain.branch": branch,
        "drivetrain.pipeline": run.pipeline,
        "drivetrain.reason": str(run.reason),
        "drivetrain.run_url": f"{server_url}/runs/{run.id}",
        "mlflow.source.git.commit": run.source.commit.sha,
        "mlflow.source.git.branch": branch,
    }


class PersonalIdentities:
    """Looks personal access tokens up at every request, so that a revoked or expired one is refused at once."""

    def __init__(self, find: Callable[[str], PersonalToken | None]) -> None:
        self._find = find

    def __call__(self, token: str) -> Identity | None:
        """Who shows it, to our own API and to MLflow; None when the token is nobody's."""
        found = self._find(token)
        if found is None:
            return None
        tags = {PROJECT_TAG: found.project} if found.project else {}
        kind: Literal["user", "job"] = "job" if found.project else "user"
        return Identity(kind, tags, token=found.name, read_only=found.scope is TokenScope.READ)


def personal_principal(token: PersonalToken) -> Principal:
    """Who shows it, to the Azure DevOps API."""
    kind = PrincipalKind.TOKEN if token.project else PrincipalKind.OWNER
    return Principal(kind, token.created_by, token.project, read_only=token.scope is TokenScope.READ)
