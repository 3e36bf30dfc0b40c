"""The Whys port: what has become of a commit, from what is kept of events, runs and repositories."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import DefinitionError, DrivetrainError, NotFoundError, UserError
from drivetrain.source.changes import read_push
from drivetrain.source.git import commit_sha, git, has_commit, is_local, text_of, without_credentials
from drivetrain.source.matching import decide
from drivetrain.source.model import Reason, RefUpdate
from drivetrain.store.event_search import SqliteEventSearch
from drivetrain.store.ref_runs import SqliteRefRuns
from drivetrain.view.whys import WhyNot
from drivetrain.wire.asked import of_project, project_source
from drivetrain.wire.events.ground import said
from drivetrain.wire.events.push import trigger_of
from drivetrain.wire.launch import launcher
from drivetrain.wire.why import found_of, why

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from drivetrain.source.git import Git
    from drivetrain.source.model import Project, SourceEvent
    from drivetrain.view.ports import ProjectQueries, ProjectStatus
    from drivetrain.view.whys import Found, Why
    from drivetrain.wire.making import Maker
    from drivetrain.wire.storage import Storage

SHA = re.compile(r"[0-9a-fA-F]{4,64}")
MOST_BRANCHES = 5
SHORT = 8


class HomeWhys:
    """The Whys port on a home. Any thread may call it; it reads repositories as they were last fetched."""

    def __init__(self, storage: Storage, maker: Maker, git_reader: Git, watched: ProjectQueries) -> None:
        self._storage = storage
        self._maker = maker
        self._git = git_reader
        self._watched = watched
        self._search = SqliteEventSearch(storage.database)
        self._ref_runs = SqliteRefRuns(storage.database)

    def why(self, run_id: int) -> Why:
        """Why there is this run. Raises NotFoundError."""
        run = self._storage.runs.get(run_id)
        event_id = self._search.of_run(run_id)
        return why(self._storage, run, self._storage.source_events.get(event_id) if event_id is not None else None)

    def why_not(self, commit: str, project: str = "") -> Sequence[WhyNot]:
        """What has become of a commit. Raises NotFoundError, UserError."""
        if not SHA.fullmatch(commit):
            raise UserError(
                f"{commit[:80]!r} is no commit id", hint="at least 4 hexadecimal digits; git log shows them"
            )
        projects = [self._storage.projects.named(project)] if project else self._storage.projects.all()
        found = [each for known in projects if (each := self._of_project(known, commit.lower())) is not None]
        gone = [] if project else self._of_removed(commit.lower(), {known.id for known in projects})
        if not found and not gone:
            raise NotFoundError(_unknown(commit, projects), hint=self._how_watched(projects))
        return (*found, *gone)

    def _of_removed(self, commit: str, there: set[int]) -> list[WhyNot]:
        """Projects that were removed, but have had the commit."""
        gone = {(project_id, sha) for project_id, sha in self._search.commits(commit) if project_id not in there}
        return [
            WhyNot("", sha, self._events(project_id, sha), facts=("the project was removed",))
            for project_id, sha in sorted(gone)
        ]

    def _of_project(self, project: Project, commit: str) -> WhyNot | None:
        sha = self._whole(project, commit)
        if not sha:
            return None
        runs = tuple(self._search.runs(project.id, sha))
        events = self._events(project.id, sha, project)
        return WhyNot(project.name, sha, events, runs, tuple(self._facts(project, sha, known=bool(events or runs))))

    def _whole(self, project: Project, commit: str) -> str:
        """The whole id of a commit that the project knows; empty when it knows none."""
        known = (sha for project_id, sha in self._search.commits(commit) if project_id == project.id)
        return next(known, "") or self._in_repository(project, commit)

    def _in_repository(self, project: Project, commit: str) -> str:
        try:
            return commit_sha(self._repo(project), commit)
        except DrivetrainError:
            return ""

    def _repo(self, project: Project) -> Path:
        return Path(project.url) if is_local(project.url) else self._git.mirror_path(project.url)

    def _events(self, project_id: int, sha: str, project: Project | None = None) -> tuple[Found, ...]:
        events = self._storage.source_events.of_commit(project_id, sha)
        deliveries = self._storage.deliveries
        return tuple(found_of(event, deliveries, self._waits_for(event, project)) for event in events)

    def _waits_for(self, event: SourceEvent, project: Project | None) -> str:
        """What an event waits for that was looked at already."""
        if project is None or event.state == "done" or event.cause is not None:
            return ""
        before = self._ref_runs.unfinished(project.id, event.update.ref)
        return f"with trigger.batch, run {before[0]} of its branch has to be completed first" if before else ""

    def _facts(self, project: Project, sha: str, *, known: bool) -> Iterator[str]:
        if not known:
            yield from self._never_seen(project, sha)
        waiting = self._deliveries_waiting(project)
        if waiting:
            yield f"deliveries of its webhook that wait to be looked at: {waiting}"
        yield self._how_watched([project])
        yield from self._would(project, sha)

    def _deliveries_waiting(self, project: Project) -> int:
        link = self._storage.links.get(project.id)
        if link is None:
            return 0
        place = (link.host, link.repository)
        keys = {each.key for each in self._storage.links.all() if (each.host, each.repository) == place}
        return sum(delivery.key in keys for delivery in self._storage.deliveries.pending())

    def _never_seen(self, project: Project, sha: str) -> Iterator[str]:
        seen = self._storage.source_events.positions(project.id)
        at = [ref for ref, where in seen.items() if where == sha]
        if at:
            yield f"{', '.join(sorted(at)[:MOST_BRANCHES])} was there when the project was added: that starts no run"
        branches = self._branches_with(project, sha)
        if branches and not at:
            yield f"it came with later commits of {', '.join(branches)}: only the newest commit of a push is run"
        if not branches and not at:
            yield "no branch that was seen has it: it was rewritten, deleted, or not pushed"

    def _branches_with(self, project: Project, sha: str) -> list[str]:
        repo = self._repo(project)
        if not has_commit(repo, sha):
            return []
        words = ["for-each-ref", f"--contains={sha}", f"--count={MOST_BRANCHES}", "--format=%(refname:short)"]
        return text_of(git([*words, "refs/heads/"], cwd=repo)).splitlines()

    def _would(self, project: Project, sha: str) -> Iterator[str]:
        """What the file at the commit says of a push of it to the branch that it is on."""
        branches = self._branches_with(project, sha) or [project.branch]
        branch = project.branch if project.branch in branches else branches[0]
        try:
            yield f"a push of it to {branch} now: {self._decided(project, sha, f'refs/heads/{branch}')}"
        except DefinitionError as error:
            yield f"the pipeline file at this commit has errors: {error.message}"
        except DrivetrainError as error:
            yield f"the pipeline file at this commit cannot be read: {error.message}"

    def _decided(self, project: Project, sha: str, ref: str) -> str:
        repo = self._repo(project)
        text, files = self._maker.read(repo, sha, project.file)
        new = of_project(project, project_source(project, repo, ref, sha), Reason.INDIVIDUAL_CI)
        definition = self._maker.define(text, files, new)
        trigger, where = trigger_of(definition.pipeline)
        before = _parent(repo, sha)
        decision = decide(trigger, read_push(repo, RefUpdate(project.id, ref, before, sha), project.branch), where)
        return f"{'a run' if decision.run else 'no run'}: {said(definition, decision)}"

    def _how_watched(self, projects: Sequence[Project]) -> str:
        status = {each.project.name: each for each in self._watched.projects()}
        return "; ".join(_watched(project, status) for project in projects) or "drivetrain project add PATH_OR_URL"


def whys_of(storage: Storage, watched: ProjectQueries) -> HomeWhys:
    """Explains what has happened in a home."""
    return HomeWhys(storage, launcher(storage).maker, storage.git, watched)


def _watched(project: Project, known: Mapping[str, ProjectStatus]) -> str:
    place = f"{project.name} ({without_credentials(project.url)})"
    status = known.get(project.name)
    if status is None or not status.checked_at:
        return f"{place} is looked at by the server: drivetrain up"
    every = f" every {project.poll_seconds:g} s" if project.poll_seconds else " by hooks only"
    problem = f"; it cannot be looked at: {status.problem}" if status.problem else ""
    return f"{place} is looked at{every}, last at {status.checked_at}{problem}"


def _parent(repo: Path, sha: str) -> str:
    try:
        return commit_sha(repo, f"{sha}^")
    except NotFoundError:
        return ""


def _unknown(commit: str, projects: Sequence[Project]) -> str:
    names = ", ".join(project.name for project in projects)
    return f"commit {commit[:40]} was never seen" + (f" in {names}" if names else ": there are no projects")
