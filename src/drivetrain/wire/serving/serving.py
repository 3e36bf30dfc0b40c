"""Serving, built: its verbs on what a home keeps."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.errors import NotFoundError, UserError
from drivetrain.serve.model import AuthMode
from drivetrain.serve.parts import ServingParts
from drivetrain.serve.verbs import ServingVerbs
from drivetrain.settings import load as settings_of
from drivetrain.wire.gating.asker import Asker, asker
from drivetrain.wire.seldom import load
from drivetrain.wire.serving.asking import AskFront
from drivetrain.wire.serving.leftovers import Leftovers
from drivetrain.wire.serving.locks import FileLocks
from drivetrain.wire.serving.progress import Progress
from drivetrain.wire.serving.working import Keeping, Releasing

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.serve.model import Deployment, DeploymentSpec, Endpoint, Launch, Status
    from drivetrain.serve.ports import Fronts
    from drivetrain.wire.storage import Storage


_FORKS = "it runs what somebody outside has written; do it from a branch of the repository itself"


def serving_of(storage: Storage, wake: Callable[[], None] = lambda: None) -> ServingVerbs:
    """The Serving port of a home; `wake` tells who prepares and drives, when that is this process."""
    return ServingVerbs(parts_of(storage, wake))


class Working(Struct, frozen=True):
    """Serving as the server does it: the verbs, and the threads that carry them out."""

    verbs: ServingVerbs
    releasing: Releasing
    keeping: Keeping


def working_of(storage: Storage) -> Working:
    """The server's serving. A verb of it is taken up at once; one of another process at the next look."""
    parts = parts_of(storage)
    releasing = Releasing(parts)
    leftovers = Leftovers(storage)
    keeping = Keeping(parts, leftovers.with_folders, leftovers.remove)
    return Working(ServingVerbs(replace(parts, wake=releasing.wake)), releasing, keeping)


def parts_of(storage: Storage, wake: Callable[[], None] = lambda: None) -> ServingParts:
    """What the verbs work with."""
    fronts = fronts_of(storage)
    return ServingParts(
        storage.endpoints,
        storage.releases,
        fronts,
        FileLocks(storage.home.serving),
        AskFront(fronts, partial(secret_of, storage)),
        partial(_prepare, storage),
        partial(_resolve, storage),
        storage.clock,
        Progress(storage.home.serving).say,
        partial(check_may_change, storage),
        wake,
    )


class FrontsWhenAsked:
    """The Fronts port, loaded when the first front is wanted: most homes have no endpoint."""

    def __init__(self, make: Callable[[], Fronts]) -> None:
        self._make = make

    @cached_property
    def _fronts(self) -> Fronts:
        return self._make()

    def apply(self, name: str, *, seconds: float = 30.0) -> Status:
        """Have the front carry out what is kept now."""
        return self._fronts.apply(name, seconds=seconds)

    def status(self, name: str) -> Status | None:
        """How it is."""
        return self._fronts.status(name)

    def stop(self, name: str) -> None:
        """End it and its replicas."""
        self._fronts.stop(name)

    def log(self, name: str, deployment: str, *, lines: int = 100) -> str:
        """The end of what the replicas of a deployment have written."""
        return self._fronts.log(name, deployment, lines=lines)


def fronts_of(storage: Storage) -> Fronts:
    """The processes that answer for the endpoints of a home."""
    return FrontsWhenAsked(lambda: load("wire.serving.fronts:ProcessFronts")(storage.home))


def secret_of(storage: Storage, endpoint: Endpoint) -> str:
    """What opens an endpoint for its owner."""
    if endpoint.auth is AuthMode.KEY:
        return storage.endpoints.keys(endpoint.name)[0]
    token: str = load("wire.serving.tokens:token_of")(storage, endpoint)
    return token


def _prepare(storage: Storage, deployment: Deployment, say: Callable[[str], None]) -> Launch:
    """Loaded when the first deployment is prepared."""
    allow = settings_of(storage.home).allow_python_install
    launch: Launch = load("wire.serving.preparing:prepare_of")(storage, allow_install=allow)(deployment, say)
    return launch


def _resolve(storage: Storage, spec: DeploymentSpec) -> DeploymentSpec:
    """The model by name and version: an alias moves on, a deployment stays what it is."""
    return replace(spec, model=storage.models.find(spec.model).reference)


def who_changes() -> Asker:
    """Who asks for a change of what is live. Raises UserError when it is a run of a fork's pull request."""
    who = asker()
    if who.restricted:
        raise _not_allowed()
    return who


def who_asks() -> Asker:
    """Who wants to ask an endpoint, or to see its keys or what its replicas write. Raises UserError likewise: such a
    run has no secrets.
    """
    who = asker()
    if who.restricted:
        raise UserError("a run of a fork's pull request asks no endpoints, and sees neither keys nor logs", hint=_FORKS)
    return who


def check_may_change(storage: Storage, run_id: int | None, endpoint: str, model: str) -> str:
    """A run of a fork's pull request may not change what is live, whatever its file says; another one what is its
    project's, or the home's own. What it makes is its project's: the name of that, empty without one.
    """
    if run_id is None:
        return ""
    try:
        run = storage.runs.get(run_id)
    except NotFoundError:
        return ""
    if run.restricted:
        raise _not_allowed()
    if run.project_id is None:
        return ""
    whose = {each.name.lower(): each.project for each in storage.endpoints.all()}
    if whose.get(endpoint.lower(), "") not in ("", run.project):
        raise NotFoundError(f"project {run.project} has no endpoint '{endpoint[:80]}'", hint="drivetrain endpoint list")
    if model and (found := storage.models.find(model)).project not in ("", run.project):
        raise NotFoundError(f"project {run.project} has no model {found.name}", hint="drivetrain models")
    return run.project


def _not_allowed() -> UserError:
    return UserError("a run of a fork's pull request may not change what is live", hint=_FORKS)
