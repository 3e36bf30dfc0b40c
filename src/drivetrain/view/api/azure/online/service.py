"""What one principal may do with the online endpoints of one workspace: the verbs of serving, for clients of Azure."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.ids import RandomIds
from drivetrain.registry import names
from drivetrain.serve.model import Endpoint
from drivetrain.view.api.azure.identity.model import PrincipalKind
from drivetrain.view.api.azure.online.endpoint_shape import EndpointAsked, check_shares
from drivetrain.view.api.azure.online.standing import Standing, standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.registry.model import Workspace
    from drivetrain.serve.model import Deployment, DeploymentSpec
    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.view.api.azure.identity.model import Principal


class OnlineEndpoints:
    """The verbs. Each may raise NotFoundError, for what is not there or belongs to another project or workspace, and
    what the verbs of serving raise. They block.
    """

    def __init__(self, edge: Edge, workspace: Workspace, who: Principal) -> None:
        self._edge = edge
        self._workspace = workspace
        self._who = who

    @property
    def by(self) -> str:
        """Who decides, as the history of an endpoint says it."""
        if self._who.kind is PrincipalKind.OWNER:
            return "owner"
        return self._edge.made_by(self._who).get("drivetrain.build_number", self._who.name)

    # Endpoints.

    def all(self) -> list[Endpoint]:
        """Every endpoint that may be seen here, by name."""
        return [each for each in self._edge.endpoints.all() if self._is_here(each)]

    def get(self, name: str) -> Endpoint:
        """One endpoint."""
        with suppress(NotFoundError):
            found = self._edge.endpoints.get(name)
            if self._is_here(found):
                return found
        known = ", ".join(each.name for each in self.all()) or "none"
        words = f"there is no online endpoint '{name[:80]}' in {self._workspace.name}"
        raise NotFoundError(words, hint=f"there are: {known}")

    def _is_here(self, endpoint: Endpoint) -> bool:
        """Those that were made without a workspace are in every one of their project; the owner sees all of them."""
        if endpoint.workspace:
            return endpoint.workspace == self._workspace.id
        return self._who.may_see(endpoint.project)

    def put(self, name: str, asked: EndpointAsked) -> tuple[Endpoint, bool]:
        """Make it, or say everything of it anew; its keys stay. Whether it is new. Raises ConflictError when another
        workspace has one of this name.
        """
        names.checked("endpoint", names.ENDPOINT, name)
        there = self._there(name)
        deployments = [each.name for each in self._edge.endpoints.deployments(there.name)] if there else []
        check_shares(asked.traffic, asked.mirror, deployments)
        before = there or Endpoint(name, self._workspace.project, self._workspace.id)
        made = self._edge.serving.put_endpoint(replace(before, auth=asked.auth, body=asked.body), by=self.by)
        if asked.keys:
            self._set_keys(made.name, asked.keys)
        if (dict(made.traffic), dict(made.mirror)) != (dict(asked.traffic), dict(asked.mirror)):
            made = self._edge.serving.set_traffic(
                made.name, asked.traffic, asked.mirror, by=self.by, run_id=self._who.run_id
            )
        return made, there is None

    def _there(self, name: str) -> Endpoint | None:
        try:
            found = self._edge.endpoints.get(name)
        except NotFoundError:
            return None
        if not self._is_here(found):
            raise ConflictError(
                f"there is already an endpoint with the name '{found.name}': "
                "the name of an endpoint has to be unique in this home, as it has to be in a region of Azure",
                hint="take another name",
            )
        return found

    def delete(self, name: str) -> None:
        """End it and its deployments, and forget it."""
        self._edge.serving.delete_endpoint(self.get(name).name, by=self.by)

    def keys(self, name: str) -> dict[str, str]:
        """Its two keys, as REST calls them."""
        primary, secondary = self._edge.endpoints.keys(self.get(name).name)
        return {"primaryKey": primary, "secondaryKey": secondary}

    def change_key(self, name: str, which: str, value: str) -> None:
        """Another key for an old one: the value, or a new one if that is none or, as azure-ai-ml sends it, the old
        one. Raises UserError.
        """
        if which.lower() not in ("primary", "secondary"):
            raise UserError("keyType must be Primary or Secondary")
        there = self.get(name)
        fresh = value if value and value not in self._edge.endpoints.keys(there.name) else RandomIds().token()
        self._set_keys(there.name, {which.lower(): fresh})

    def _set_keys(self, name: str, keys: Mapping[str, str]) -> None:
        for which, value in keys.items():
            self._edge.endpoints.set_key(name, which, value, by=self.by)
        self._edge.fronts.apply(name)

    # Deployments.

    def deployments(self, endpoint: str) -> list[Deployment]:
        """Every deployment of an endpoint, by name."""
        return list(self._edge.endpoints.deployments(self.get(endpoint).name))

    def deployment(self, endpoint: str, name: str) -> Deployment:
        """One deployment."""
        return self._edge.endpoints.deployment(self.get(endpoint).name, name)

    def standing(self, deployment: Deployment) -> Standing:
        """Where it stands."""
        return standing(deployment, self._edge.fronts.status(deployment.endpoint))

    def put_deployment(self, endpoint: str, name: str, spec: DeploymentSpec) -> Deployment:
        """Make it, or say everything of it anew: it is prepared and started in the background."""
        names.checked("deployment", names.ENDPOINT, name)
        there = self.get(endpoint)
        return self._edge.serving.put_deployment(there.name, name, spec, by=self.by, run_id=self._who.run_id)

    def delete_deployment(self, endpoint: str, name: str) -> None:
        """End it, and forget it. Raises ConflictError while traffic goes to it."""
        found = self.deployment(endpoint, name)
        self._edge.serving.delete_deployment(found.endpoint, found.name, by=self.by)

    def log(self, endpoint: str, name: str, lines: int, *, of_preparation: bool = False) -> str:
        """The end of what its replicas have written; before they have, or when that is asked for, of what has been done
        to prepare it. It ends with why it failed.
        """
        found = self.deployment(endpoint, name)
        said = "" if of_preparation else self._edge.fronts.log(found.endpoint, found.name, lines=lines)
        written = said.splitlines() or self._edge.preparation(found.endpoint, found.name)
        stands = self.standing(found)
        ended = f"{found.endpoint}/{found.name} is {stands.state}: {stands.problem or 'nothing has been written yet'}"
        told = [*written, *([ended] if stands.problem or not written else [])]
        return "".join(f"{line}\n" for line in told[-lines:])
