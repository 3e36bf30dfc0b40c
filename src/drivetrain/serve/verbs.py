"""The verbs of serving (the Serving port): each keeps what is to be, in one transaction, and has the front do it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import ConflictError, NotFoundError, UnavailableError, UserError
from drivetrain.serve.model import Deployment, DeploymentSpec, DeploymentState, Endpoint
from drivetrain.serve.release.actions import Back, Fail
from drivetrain.serve.release.back import last_good
from drivetrain.serve.release.driver import carry_out
from drivetrain.serve.release.model import Release, ReleaseState
from drivetrain.serve.release.planning import checked_plan
from drivetrain.serve.rules.keeping import already_under_way
from drivetrain.serve.rules.live import essence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivetrain.serve.parts import ServingParts
    from drivetrain.serve.release.model import ReleasePlan

COLOURS = ("blue", "green")
OLDEST = 1000
"""So many entries of the history are looked at for a state to go back to."""
_WITH_CALLERS = {ReleaseState.MIRRORING, ReleaseState.SHIFTING}


class ServingVerbs:
    """The Serving port on its parts. Any thread and any process may call it."""

    def __init__(self, parts: ServingParts) -> None:
        self._parts = parts

    # Endpoints.

    def put_endpoint(self, endpoint: Endpoint, *, by: str) -> Endpoint:
        """Make it or change it, and have its front answer."""
        kept = self._parts.endpoints.put(endpoint, by=by)
        self._parts.fronts.apply(kept.name)
        return self._parts.endpoints.get(kept.name)

    def delete_endpoint(self, name: str, *, by: str) -> None:
        """End its front and replicas, and forget it."""
        with self._changing(name) as found:
            self._parts.endpoints.delete(found.name, by=by)
        self._parts.fronts.stop(found.name)

    @contextmanager
    def _changing(self, name: str) -> Iterator[Endpoint]:
        """Be the only one who changes an endpoint that is there. Raises NotFoundError."""
        found = self._parts.endpoints.get(name)
        with self._parts.locks.changing(found.name):
            yield self._parts.endpoints.get(found.name)

    # Deployments.

    def put_deployment(
        self, endpoint: str, name: str, spec: DeploymentSpec, *, by: str, run_id: int | None = None
    ) -> Deployment:
        """Azure's way: make or change one deployment; its traffic stays. It is prepared and started in the background;
        its state says how far that is.
        """
        self._parts.allow(run_id, endpoint, spec.model)
        resolved = self._checked(spec)
        with self._changing(endpoint) as found:
            self._check_not_released(found.name, name)
            kept = self._put(found.name, name, resolved, by, run_id)
        if kept.state is DeploymentState.READY:
            self._parts.fronts.apply(kept.endpoint)
        self._parts.wake()
        return kept

    def _checked(self, spec: DeploymentSpec) -> DeploymentSpec:
        what = [bool(spec.model or spec.files), spec.script is not None, spec.server is not None]
        if not any(what):
            raise UserError("there is nothing to deploy", hint="name a model, its files, a script or a command")
        if spec.instances < 1:
            raise UserError(f"{spec.instances} instances cannot serve", hint="1 or more")
        return self._parts.resolve(spec) if spec.model else spec

    def _put(self, endpoint: str, name: str, spec: DeploymentSpec, by: str, run_id: int | None) -> Deployment:
        """What replicas run is prepared; when only their number or their limits change, it is ready as it is."""
        before = self._find(endpoint, name)
        asked = Deployment(endpoint, name, spec, run_id=run_id)
        if before is not None and before.launch is not None:
            same = before.state is DeploymentState.READY and essence(before.spec) == essence(spec)
            state = DeploymentState.READY if same else DeploymentState.UPDATING
            asked = replace(asked, state=state, launch=before.launch)
        return self._parts.endpoints.put_deployment(asked, by=by)

    def _find(self, endpoint: str, name: str) -> Deployment | None:
        found = self._parts.endpoints.deployments(endpoint)
        return next((each for each in found if each.name.lower() == name.lower()), None)

    def delete_deployment(self, endpoint: str, name: str, *, by: str) -> None:
        """End its replicas once they have answered what they have, and forget it."""
        with self._changing(endpoint) as found:
            self._parts.endpoints.delete_deployment(found.name, name, by=by)
        self._parts.fronts.apply(found.name)

    # Traffic.

    def set_traffic(
        self,
        endpoint: str,
        traffic: Mapping[str, int],
        mirror: Mapping[str, int] | None = None,
        *,
        by: str,
        run_id: int | None = None,
    ) -> Endpoint:
        """Another split, carried out when this returns. Raises ConflictError while a release is under way."""
        self._parts.allow(run_id, endpoint, "")
        with self._changing(endpoint) as before:
            self._check_no_release(before.name)
            kind = "mirror" if mirror is not None and dict(traffic) == dict(before.traffic) else "traffic"
            self._parts.endpoints.set_traffic(before.name, traffic, mirror, by=by, kind=kind, run_id=run_id)
        return self._applied(before.name)

    def _check_no_release(self, endpoint: str) -> None:
        release = self._under_way(endpoint)
        if release is not None:
            raise already_under_way(endpoint, release.id)

    def _check_not_released(self, endpoint: str, deployment: str) -> None:
        """What a release is about, or goes back to, stays as it is until that has ended."""
        release = self._under_way(endpoint)
        about = (
            [] if release is None else [release.deployment, *(name for name, share in release.before.items() if share)]
        )
        if release is not None and deployment.lower() in {name.lower() for name in about}:
            raise already_under_way(endpoint, release.id)

    def _under_way(self, endpoint: str) -> Release | None:
        found = self._parts.releases.under_way()
        return next((each for each in found if each.endpoint.lower() == endpoint.lower()), None)

    def _applied(self, endpoint: str) -> Endpoint:
        try:
            self._parts.fronts.apply(endpoint)
        except UnavailableError as error:
            hint = "it is kept, and carried out once the front answers: `drivetrain endpoint show` says how it is"
            raise UnavailableError(error.message, hint=error.hint or hint) from error
        return self._parts.endpoints.get(endpoint)

    # Releases.

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
        project = self._parts.allow(run_id, endpoint, spec.model)
        checked_plan(plan)
        resolved = self._checked(spec)
        with self._parts.locks.changing(endpoint):
            kept = self._get_or_make(endpoint, project, by)
            self._check_no_release(kept.name)
            deployment = self._put(kept.name, self._colour(kept, name), resolved, by, run_id)
            before = {each: share for each, share in kept.traffic.items() if share}
            asked = Release(0, kept.name, deployment.name, plan, before, kept.mirror, run_id=run_id, created_by=by)
            release = self._parts.releases.start(asked)
        self._parts.wake()
        return release

    def _get_or_make(self, name: str, project: str, by: str) -> Endpoint:
        try:
            return self._parts.endpoints.get(name)
        except NotFoundError:
            return self._parts.endpoints.put(Endpoint(name, project), by=by)

    def _colour(self, endpoint: Endpoint, name: str) -> str:
        """The deployment to release: one without traffic, so that the others go on undisturbed."""
        busy = {each.lower() for each, share in endpoint.traffic.items() if share}
        if name and name.lower() in busy:
            hint = "leave --deployment out, or name another; the old one stays up for `drivetrain rollback`"
            raise ConflictError(f"'{name}' has traffic of '{endpoint.name}' now: a new one goes beside it", hint=hint)
        free = [colour for colour in COLOURS if colour not in busy]
        if not name and not free:
            raise ConflictError(f"{' and '.join(COLOURS)} both have traffic", hint="name another: --deployment NAME")
        return name or free[0]

    def cancel_release(self, release_id: int, *, by: str) -> Release:
        """Stop a release that is under way, and give the traffic back."""
        with self._changing(self._parts.releases.get(release_id).endpoint) as found:
            ended = self._cancel(self._parts.releases.get(release_id), by)
        self._applied(found.name)
        return ended

    def _cancel(self, release: Release, by: str) -> Release:
        if not release.under_way:
            raise ConflictError(f"release {release.id} has ended: {release.state}")
        reason = f"canceled by {by}"
        action = Back(reason) if release.state in _WITH_CALLERS else Fail(reason)
        return carry_out(self._parts, release, action, self._parts.fronts.status(release.endpoint))

    def rollback(self, endpoint: str, *, by: str, run_id: int | None = None) -> Endpoint:
        """Back to the last good state: the traffic before the last release or change of it, whose replicas still run.
        Carried out when this returns.
        """
        self._parts.allow(run_id, endpoint, "")
        with self._changing(endpoint) as found:
            release = self._under_way(found.name)
            if release is not None:
                self._cancel(release, by)
            else:
                self._go_back(found.name, by, run_id)
        return self._applied(found.name)

    def _go_back(self, name: str, by: str, run_id: int | None) -> None:
        history = self._parts.endpoints.history(name, limit=OLDEST)
        state = last_good(history, self._parts.endpoints.deployments(name))
        if state is None:
            hint = f"`drivetrain endpoint history {name}` says what was live; `drivetrain deploy` brings it back"
            raise ConflictError(f"'{name}' has no older state that still runs", hint=hint)
        data = {"to": state.entry, "since": state.at}
        mirror = {
            each: share for each, share in self._parts.endpoints.get(name).mirror.items() if each not in state.traffic
        }
        self._parts.endpoints.set_traffic(name, state.traffic, mirror, by=by, kind="rollback", run_id=run_id, data=data)
