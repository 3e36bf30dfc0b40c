"""Stand-ins for what carries endpoints out: every change is kept, and done at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.serve.model import Deployment, DeploymentState, Instance, InstanceState, Launch, Speaks, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.serve.model import DeploymentSpec, Endpoint
    from drivetrain.serve.ports import Endpoints
    from drivetrain.serve.release.model import Release, ReleasePlan

LAUNCH = Launch(("true",), "/", Speaks.FRAMES, runtime="onnxruntime 1.23", note="its answers are the same")


class FakeFronts:
    """The Fronts port: one that routes by whatever is kept."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        self.applied: list[tuple[str, int]] = []
        self.crash = ""
        """With words, every replica ends by itself, and these say why."""
        self.logs: dict[tuple[str, str], str] = {}

    def apply(self, name: str, *, seconds: float = 30.0) -> Status:
        """Note what it would carry out."""
        del seconds
        found = self._endpoints.get(name)
        self.applied.append((found.name, found.generation))
        return Status(1, found.generation, "http://127.0.0.1:1", "")

    def status(self, name: str) -> Status | None:
        """As it was told last, with the replicas that a front would have; None when it never was told."""
        found = [generation for each, generation in self.applied if each == name]
        if not found:
            return None
        wanted = self._endpoints.wanted(name).deployments
        instances = tuple(self._instance(each, number) for each in wanted for number in range(each.spec.instances))
        return Status(1, found[-1], "http://127.0.0.1:1", "", instances=instances)

    def _instance(self, deployment: Deployment, number: int) -> Instance:
        state = InstanceState.WAITING if self.crash else InstanceState.READY
        restarts = 2 if self.crash else 0
        return Instance(deployment.name, number, state, 1, "", restarts, self.crash, deployment.build)

    def stop(self, name: str) -> None:
        """Nothing to end."""

    def log(self, name: str, deployment: str, *, lines: int = 100) -> str:
        """What a test has put there."""
        return "".join(self.logs.get((name, deployment), "").splitlines(keepends=True)[-lines:])


class FakeServing:
    """The Serving port. With `goes_wrong`, deployments fail with these words; with `slow`, they stay where they are."""

    def __init__(self, endpoints: Endpoints, fronts: FakeFronts) -> None:
        self._endpoints = endpoints
        self._fronts = fronts
        self.goes_wrong = ""
        self.slow = False

    def put_endpoint(self, endpoint: Endpoint, *, by: str) -> Endpoint:
        """Keep it."""
        made = self._endpoints.put(endpoint, by=by)
        self._fronts.apply(made.name)
        return made

    def delete_endpoint(self, name: str, *, by: str) -> None:
        """Forget it, unless that takes a while."""
        if not self.slow:
            self._endpoints.delete(name, by=by)

    def put_deployment(
        self, endpoint: str, name: str, spec: DeploymentSpec, *, by: str, run_id: int | None = None
    ) -> Deployment:
        """Keep it; it is ready at the next look."""
        kept = self._endpoints.put_deployment(Deployment(endpoint, name, spec, run_id=run_id), by=by)
        if not self.slow:
            self.go_on(kept)
        return kept

    def go_on(self, kept: Deployment) -> None:
        """It has been prepared."""
        done = replace(kept, state=DeploymentState.READY, launch=LAUNCH)
        if self.goes_wrong:
            done = replace(kept, state=DeploymentState.FAILED, problem=self.goes_wrong)
        self._endpoints.put_deployment(done, by="server")

    def delete_deployment(self, endpoint: str, name: str, *, by: str) -> None:
        """Forget it, unless that takes a while."""
        if self.slow:
            there = self._endpoints.deployment(endpoint, name)
            self._endpoints.put_deployment(replace(there, state=DeploymentState.DELETING), by=by)
        else:
            self._endpoints.delete_deployment(endpoint, name, by=by)

    def set_traffic(
        self,
        endpoint: str,
        traffic: Mapping[str, int],
        mirror: Mapping[str, int] | None = None,
        *,
        by: str,
        run_id: int | None = None,
    ) -> Endpoint:
        """Keep it."""
        made = self._endpoints.set_traffic(endpoint, traffic, mirror, by=by, run_id=run_id)
        self._fronts.apply(made.name)
        return made

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
        """No client of Azure asks for it."""
        raise NotImplementedError

    def cancel_release(self, release_id: int, *, by: str) -> Release:
        """No client of Azure asks for it."""
        raise NotImplementedError

    def rollback(self, endpoint: str, *, by: str, run_id: int | None = None) -> Endpoint:
        """No client of Azure asks for it."""
        raise NotImplementedError
