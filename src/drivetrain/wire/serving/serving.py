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
        partial(_allow, storage),
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


def _allow(storage: Storage, run_id: int | None) -> None:
    """A run of a fork's pull request may not change what is live, whatever its file says."""
    if run_id is None:
        return
    try:
        restricted = storage.runs.get(run_id).restricted
    except NotFoundError:
        return
    if restricted:
        raise _not_allowed()


def _not_allowed() -> UserError:
    hint = "it runs what somebody outside has written; deploy from a branch of the repository itself"
    return UserError("a run of a fork's pull request may not change what is live", hint=hint)
