"""What serving asks of others (contracts: tests/contracts/test_endpoints.py and its neighbours)."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads it
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from drivetrain.serve.model import Deployment, DeploymentSpec, Endpoint, HistoryEntry, Launch, Status, Wanted
    from drivetrain.serve.release.model import Release, ReleasePlan


class Endpoints(Protocol):
    """Keeps endpoints, deployments and their history. Names are compared ignoring case. Any thread may call it; every
    call is one transaction, in which the history is written too and the endpoint's generation grows.
    """

    def all(self) -> Sequence[Endpoint]:
        """Every endpoint, by name."""
        ...

    def get(self, name: str) -> Endpoint:
        """One endpoint. Raises NotFoundError, whose hint names those that there are."""
        ...

    def put(self, endpoint: Endpoint, *, by: str) -> Endpoint:
        """Make it, with two new keys and a port, or change its auth and body. Raises UserError for a wrong name."""
        ...

    def delete(self, name: str, *, by: str) -> None:
        """Forget it and its deployments, and end its releases; its history stays. Raises NotFoundError."""
        ...

    def keys(self, name: str) -> tuple[str, str]:
        """Its primary and its secondary key. Raises NotFoundError."""
        ...

    def set_key(self, name: str, which: str, value: str, *, by: str) -> None:
        """Another `primary` or `secondary` key. Raises NotFoundError, UserError."""
        ...

    def set_port(self, name: str, port: int) -> None:
        """Its front listens here from now on."""
        ...

    def set_traffic(
        self,
        name: str,
        traffic: Mapping[str, int],
        mirror: Mapping[str, int] | None = None,
        *,
        by: str,
        kind: str = "traffic",
        run_id: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> Endpoint:
        """Another split; None leaves the mirror. `kind` and `data` go to the history. Raises NotFoundError; UserError
        when it does not add up to 0 or 100, or names a deployment that cannot serve.
        """
        ...

    def deployments(self, endpoint: str) -> Sequence[Deployment]:
        """Its deployments, by name. Raises NotFoundError when there is no such endpoint."""
        ...

    def deployment(self, endpoint: str, name: str) -> Deployment:
        """One deployment. Raises NotFoundError."""
        ...

    def put_deployment(self, deployment: Deployment, *, by: str) -> Deployment:
        """Make it or replace it, as it is said: spec, state, problem, and once it is READY its launch, too: only then
        it is `wanted` so. Raises NotFoundError, UserError.
        """
        ...

    def delete_deployment(self, endpoint: str, name: str, *, by: str) -> None:
        """Forget it. Raises NotFoundError, and ConflictError while it has traffic or a release is under way to it."""
        ...

    def wanted(self, name: str) -> Wanted:
        """What its front has to do; of a deployment whose new spec is being prepared, or cannot be, the one before it.
        Raises NotFoundError.
        """
        ...

    def history(self, endpoint: str = "", *, limit: int = 200) -> Sequence[HistoryEntry]:
        """What has changed, the newest first; of all endpoints when none is named."""
        ...

    def record(self, entry: HistoryEntry) -> None:
        """Write down what changed nothing here; its id is given anew."""
        ...


class Change(Struct, frozen=True):
    """What a release does to its endpoint."""

    kind: str
    """Of the history's entry."""
    traffic: Mapping[str, int] | None = None
    """None leaves it; `mirror` likewise."""
    mirror: Mapping[str, int] | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


class Releases(Protocol):
    """Keeps releases. Any thread may call it; every call is one transaction."""

    def start(self, release: Release) -> Release:
        """Keep a new one, under a new id, and write it down in the history. Raises NotFoundError; ConflictError when
        one of this endpoint is under way.
        """
        ...

    def update(self, release: Release, change: Change | None = None) -> Release:
        """It stands here now; and with a change, in the same transaction, so does the endpoint's traffic, which is
        written down in the history as done by `release N`. Raises NotFoundError; UserError as `set_traffic` does;
        ConflictError when it has ended meanwhile.
        """
        ...

    def get(self, release_id: int) -> Release:
        """One of them. Raises NotFoundError."""
        ...

    def under_way(self) -> Sequence[Release]:
        """Those that have not ended."""
        ...

    def of(self, endpoint: str, *, limit: int = 50) -> Sequence[Release]:
        """Those of one endpoint, the newest first."""
        ...


class Fronts(Protocol):
    """The processes that answer for endpoints. They live on when we end."""

    def apply(self, name: str, *, seconds: float = 30.0) -> Status:
        """Have the front carry out what is kept now, starting it when it does not run; it answers once it routes by
        that generation (replicas may still be starting). Raises UnavailableError with the end of its log.
        """
        ...

    def status(self, name: str) -> Status | None:
        """How it is; None when it does not run."""
        ...

    def stop(self, name: str) -> None:
        """End it and its replicas, letting them answer what they have."""
        ...

    def log(self, name: str, deployment: str, *, lines: int = 100) -> str:
        """The end of what the replicas of a deployment have written."""
        ...


class Ask(Protocol):
    """Sends a deployment a request, as a caller would, whatever its traffic."""

    def __call__(self, endpoint: Endpoint, deployment: str, body: bytes, *, seconds: float) -> tuple[int, bytes]:
        """The answer's status and its body's begin. Raises UnavailableError when there is none."""
        ...


class Locks(Protocol):
    """What processes of one home agree by. A lock goes with the process that holds it, however that ends."""

    def changing(self, endpoint: str) -> AbstractContextManager[None]:
        """Be the only one who changes an endpoint's traffic; held briefly, so it is waited for."""
        ...

    def preparing(self, endpoint: str, deployment: str) -> AbstractContextManager[bool]:
        """Be the only one who prepares a deployment; False when somebody else does."""
        ...


class Prepare(Protocol):
    """Makes a deployment startable: files in place, environment built, model converted, tried once."""

    def __call__(self, deployment: Deployment, say: Callable[[str], None]) -> Launch:
        """How its replicas are started; `say` is told of progress. The same spec gives the same launch, quickly the
        second time. Raises UserError when what was asked for cannot be served, with the reason and what to do;
        UnavailableError when something else failed and trying again may help.
        """
        ...


class Resolve(Protocol):
    """Finds what a deployment's model is."""

    def __call__(self, spec: DeploymentSpec) -> DeploymentSpec:
        """The same, with `model` as NAME:VERSION (from NAME or NAME@alias). Raises NotFoundError."""
        ...


class Serving(Protocol):
    """What people and clients ask for: the verbs of serving. Every view translates to these. What cannot be done
    raises UserError, NotFoundError or ConflictError; what takes long goes on in the background, and is told by the
    deployment's state, the release and the history.
    """

    def put_endpoint(self, endpoint: Endpoint, *, by: str) -> Endpoint:
        """Make it or change it, and have its front answer."""
        ...

    def delete_endpoint(self, name: str, *, by: str) -> None:
        """End its front and replicas, and forget it."""
        ...

    def put_deployment(
        self, endpoint: str, name: str, spec: DeploymentSpec, *, by: str, run_id: int | None = None
    ) -> Deployment:
        """Azure's way: make or change one deployment; its traffic stays. It is prepared and started in the
        background; its state says how far that is.
        """
        ...

    def delete_deployment(self, endpoint: str, name: str, *, by: str) -> None:
        """End its replicas once they have answered what they have, and forget it."""
        ...

    def set_traffic(
        self,
        endpoint: str,
        traffic: Mapping[str, int],
        mirror: Mapping[str, int] | None = None,
        *,
        by: str,
        run_id: int | None = None,
    ) -> Endpoint:
        """Another split, carried out when this returns."""
        ...

    def deploy(
        self,
        endpoint: str,
        spec: DeploymentSpec,
        plan: ReleasePlan,
        *,
        by: str,
        run_id: int | None = None,
        name: str = "",
    ) -> Release:
        """Our way: a safe release. Makes the endpoint when it is not there; a new deployment (`blue` or `green`, when
        none is named) is prepared, warmed, tried, given traffic step by step, and rolled back when it does badly.
        """
        ...

    def cancel_release(self, release_id: int, *, by: str) -> Release:
        """Stop a release that is under way, and give the traffic back."""
        ...

    def rollback(self, endpoint: str, *, by: str, run_id: int | None = None) -> Endpoint:
        """Back to the last good state: the traffic before the last release or change of it, whose replicas still run.
        Carried out when this returns.
        """
        ...
