"""What views may change, done by the store, the launcher and the engine."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError, UserError
from drivetrain.plan.choose import Choice
from drivetrain.wire.asked import Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from drivetrain.run.model import Run
    from drivetrain.run.reopen import Again
    from drivetrain.source.events import PullRequest
    from drivetrain.source.model import Project
    from drivetrain.source.ports import Projects
    from drivetrain.store.runs import SqliteRunStore
    from drivetrain.view.ports import QueueRequest
    from drivetrain.wire.launch import Launcher

LONGEST_TAG = 256
PULLED = re.compile(r"refs/pull/([1-9]\d{0,8})/merge")


def no_pull_requests(project: Project, number: int) -> PullRequest:
    """Where there are none. Raises NotFoundError."""
    raise NotFoundError(f"there is no pull request {number} of {project.name} here", hint="drivetrain up, then again")


class ServerVerbs:
    """The Verbs port. Any thread may call it; `wake` tells the engine."""

    def __init__(
        self,
        runs: SqliteRunStore,
        launcher: Launcher,
        projects: Projects,
        wake: Callable[[], None],
        pulls: Callable[[Project, int], PullRequest] = no_pull_requests,
    ) -> None:
        """`pulls` finds an open pull request by its number."""
        self._pulls = pulls
        self._runs = runs
        self._launcher = launcher
        self._projects = projects
        self._wake = wake

    def cancel(self, run_id: int, *, by: str) -> None:
        """Ask a run to end. Raises NotFoundError, ConflictError when it is completed."""
        self._runs.request_cancel(run_id, by=by)
        self._wake()

    def start(self, run_id: int, stage: str, *, by: str) -> None:
        """Start a stage with `trigger: manual`. Raises NotFoundError, ConflictError when it does not wait for that."""
        self._runs.request_start(run_id, stage, by=by)
        self._wake()

    def rerun(self, run_id: int, *, by: str) -> Run:
        """Start the same commit and plan again, as a new run. Raises NotFoundError, ConflictError."""
        run = self._launcher.rerun(run_id, Wish(requested_for=by))
        self._wake()
        return run

    def reopen(self, run_id: int, again: Again, *, by: str) -> Run:
        """Run failed jobs or whole stages of a completed run again, in the same run. Raises NotFoundError,
        ConflictError.
        """
        run = self._launcher.reopen(run_id, again, by)
        self._wake()
        return run

    def queue(self, request: QueueRequest, *, by: str) -> Run:
        """Start a run. Raises UserError, UnavailableError."""
        project, wish = self._projects.named(request.project), _wish(request, by)
        pulled = PULLED.fullmatch(request.branch)
        number = request.pull_request or int(pulled[1] if pulled else 0)
        if number:
            run = self._launcher.launch_pull_request(project, self._pulls(project, number), wish)
        else:
            run = self._launcher.launch_project(project, wish, branch=request.branch, revision=request.commit)
        self._wake()
        return run

    def preview(self, request: QueueRequest, text: str | None, *, by: str) -> str:
        """The final YAML of a run that is not started; of `text` in place of the file where there is one. Raises
        UserError, UnavailableError.
        """
        project = self._projects.named(request.project)
        return self._launcher.preview_project(
            project, _wish(request, by), branch=request.branch, revision=request.commit, text=text
        )

    def project_of(self, run: Run) -> Project | None:
        """The project of a run; None for a working tree's, and when it was removed."""
        return self._projects.get(run.project_id) if run.project_id is not None else None

    def tag(self, run_id: int, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Sequence[str]:
        """Give a run tags, and take some away; those that it has then. Raises NotFoundError, UserError."""
        for tag in add:
            if not tag.strip() or len(tag) > LONGEST_TAG or not tag.isprintable() or "/" in tag:
                raise UserError(f"{tag[:80]!r} cannot be a tag", hint=f"at most {LONGEST_TAG} letters, no slash")
        return self._runs.change_tags(run_id, add, remove)


def _wish(request: QueueRequest, by: str) -> Wish:
    choice = Choice(skip=tuple(request.stages_to_skip))
    return Wish(by, parameters=_texts(request.parameters), variables=request.variables, choice=choice)


def _texts(parameters: Mapping[str, object]) -> dict[str, str]:
    """Parameters as text; JSON is YAML, so objects go through as well."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
