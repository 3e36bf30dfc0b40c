"""What has versions: environments, data, components, code. A container is the name; a version says what it is, and
what it says once it says for ever: only its description, tags, properties and whether it is archived can be changed.

https://learn.microsoft.com/rest/api/azureml/environment-versions/create-or-update
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Response
from msgspec import Struct
from msgspec.structs import replace

from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.registry.model import Asset, AssetKind, text_of
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.arm.bodies import BodyOf, checked_body
from drivetrain.view.api.azure.arm.names import NameOf, VersionOf
from drivetrain.view.api.azure.arm.paging import PagingOf
from drivetrain.view.api.azure.arm.shapes import shown
from drivetrain.view.api.azure.arm.uploads import pending_upload

if TYPE_CHECKING:
    from drivetrain.registry.model import Workspace
    from drivetrain.registry.ports import Assets

_TEXTS = ("tags", "properties")
DEFAULT = "azureml_default"
"""What clients call the version that a name means without one."""


class Rules(Struct, frozen=True):
    """How one kind of them is told from the others."""

    kind: AssetKind
    fixed: tuple[str, ...]
    """The properties that a version never changes."""
    accepted: Callable[[dict[str, Any], str, str], dict[str, Any]]
    """The properties of a version as they are kept, by them, its name and version. Raises UserError."""
    of_container: Callable[[Mapping[str, Any]], dict[str, Any]] = lambda _: {}
    """What a container shows of its newest version's properties."""
    built_in: Callable[[str], dict[str, Any] | None] = lambda _: None
    """The properties of what every workspace has without anybody having made it, by its name."""
    free: frozenset[str] = frozenset()
    """What may change inside of a fixed property that is an object."""


class Versioned:
    """One kind, in one workspace."""

    def __init__(self, rules: Rules, assets: Assets, workspace: Workspace) -> None:
        self._rules = rules
        self._assets = assets
        self._workspace = workspace

    # Versions.

    def version(self, name: str, version: str) -> dict[str, Any]:
        """One version; of a name's `azureml_default`, its newest. Raises NotFoundError."""
        if version == DEFAULT and (found := [each for each in self.versions(name) if not each.archived]):
            return self.show(found[0])
        try:
            return self.show(self._assets.get(self._workspace.id, self._rules.kind, name, version))
        except NotFoundError:
            for each in self._built_in(name):
                if each.version == version:
                    return self.show(each)
            raise

    def _built_in(self, name: str) -> list[Asset]:
        properties = self._rules.built_in(name)
        if properties is None:
            return []
        return [Asset(self._workspace.id, self._rules.kind, name, "1", {"properties": properties})]

    def show(self, asset: Asset) -> dict[str, Any]:
        """A version as clients read it."""
        path = f"{self._rules.kind}/{asset.name}/versions/{asset.version}"
        properties = asset.body.get("properties", {})
        more: dict[str, Any] = {"isArchived": asset.archived, "isAnonymous": bool(properties.get("isAnonymous"))}
        more |= {name: properties.get(name) or {} for name in ("tags", "properties")}
        return shown(self._workspace, path, asset, **more)

    def make(self, name: str, version: str, body: Mapping[str, Any], by: str) -> tuple[dict[str, Any], bool]:
        """Make a version, or change what may be changed of the one that is there; whether it is new.
        Raises ConflictError when it would become another, UserError.
        """
        wanted = self._wanted(name, version, body)
        try:
            return self.show(self._assets.add(wanted, by=by)), True
        except ConflictError:
            there = self._assets.get(self._workspace.id, self._rules.kind, name, version)
            self._refuse_other(there, wanted)
            kept = {**there.body.get("properties", {}), **wanted.body["properties"]}
            changed = replace(wanted, body={**wanted.body, "properties": kept}, hash=there.hash or wanted.hash)
            return self.show(self._assets.put(changed, by=by)), False

    def _wanted(self, name: str, version: str, body: Mapping[str, Any]) -> Asset:
        kept = checked_body(body, _TEXTS)
        properties = self._rules.accepted(kept["properties"], name, version)
        archived = properties.pop("isArchived", False) is True
        digest = text_of(properties, "properties", "hash_sha256")
        kept["properties"] = properties
        return Asset(self._workspace.id, self._rules.kind, name, version, kept, digest, archived)

    def _refuse_other(self, there: Asset, wanted: Asset) -> None:
        before, after = there.body.get("properties", {}), wanted.body["properties"]
        for name in self._rules.fixed:
            if self._bound(before.get(name)) != self._bound(after.get(name)):
                hint = "register it under another version, or without one"
                words = f"{there.name}:{there.version} is there already, and its '{name}' cannot be changed"
                raise ConflictError(words, hint=hint)

    def _bound(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: each for key, each in value.items() if key not in self._rules.free}

    def versions(self, name: str) -> list[Asset]:
        """Every version of a name, the newest first."""
        return list(self._assets.versions(self._workspace.id, self._rules.kind, name)) or self._built_in(name)

    def of_hash(self, digest: str) -> list[Asset]:
        """Every version with this content, whatever its name."""
        return list(self._assets.of_hash(self._workspace.id, self._rules.kind, digest))

    def delete(self, name: str, version: str) -> None:
        """Forget a version. Raises NotFoundError."""
        self._assets.delete(self._workspace.id, self._rules.kind, name, version)

    # Containers.

    def containers(self) -> list[Asset]:
        """Every name: its newest version's row, archived when the container or all versions are."""
        found = self._assets.names(self._workspace.id, self._rules.kind)
        return [replace(asset, archived=self._is_archived(asset)) for asset in found if not _hidden(asset)]

    def _is_archived(self, newest: Asset) -> bool:
        return newest.archived and all(asset.archived for asset in self.versions(newest.name))

    def container(self, name: str) -> dict[str, Any]:
        """One name. Raises NotFoundError."""
        versions = self.versions(name)
        own = self._own(name)
        if not versions and own is None:
            raise NotFoundError(f"there is no {name} among the {self._rules.kind} of {self._workspace.name}")
        return self.show_container(versions[0] if versions else own)

    def show_container(self, newest: Asset | None) -> dict[str, Any]:
        """A container as clients read it."""
        assert newest is not None  # noqa: S101 - of a container's row or a version's
        own = self._own(newest.name)
        versions = self.versions(newest.name)
        body = own.body if own is not None else {}
        numbers = [int(each.version) for each in versions if each.version.isdecimal()]
        properties = newest.body.get("properties", {})
        more = {
            "tags": {},
            "properties": {},
            "description": text_of(newest.body, "properties", "description") or None,
            **body.get("properties", {}),
            **self._rules.of_container(properties),
            "latestVersion": newest.version or None,
            "nextVersion": str(max(numbers, default=0) + 1),
            "isArchived": bool(versions) and all(each.archived for each in versions),
        }
        return shown(self._workspace, f"{self._rules.kind}/{newest.name}", replace(newest, body={}), **more)

    def make_container(self, name: str, body: Mapping[str, Any], by: str) -> dict[str, Any]:
        """Describe a name; archive or restore all its versions when the body says so. Raises UserError."""
        kept = checked_body(body, _TEXTS)
        archived = kept["properties"].pop("isArchived", None)
        for derived in ("latestVersion", "nextVersion"):
            kept["properties"].pop(derived, None)
        if isinstance(archived, bool):
            for each in self.versions(name):
                if each.archived is not archived:
                    self._assets.put(replace(each, archived=archived), by=by)
        self._assets.put(Asset(self._workspace.id, self._rules.kind, name, "", kept), by=by)
        return self.container(name)

    def delete_container(self, name: str) -> None:
        """Forget a name with all its versions. Raises NotFoundError."""
        found = self.versions(name)
        for each in found:
            self.delete(name, each.version)
        if self._own(name) is not None:
            self.delete(name, "")
        elif not found:
            raise NotFoundError(f"there is no {name} among the {self._rules.kind} of {self._workspace.name}")

    def _own(self, name: str) -> Asset | None:
        try:
            return self._assets.get(self._workspace.id, self._rules.kind, name)
        except NotFoundError:
            return None


def _hidden(asset: Asset) -> bool:
    """What clients made for one job alone, without a name of the user's."""
    return bool(asset.body.get("properties", {}).get("isAnonymous"))


def versioned(rules: Rules) -> APIRouter:
    """The routes of one kind below a workspace."""
    router = APIRouter(prefix=f"/{rules.kind}", tags=[rules.kind])
    _add_containers(router, rules)
    _add_versions(router, rules)
    return router


def _add_containers(router: APIRouter, rules: Rules) -> None:
    def of(edge: EdgeOf, workspace: WorkspaceOf) -> Versioned:
        return Versioned(rules, edge.assets, workspace)

    @router.get("")
    def list_containers(edge: EdgeOf, workspace: WorkspaceOf, paging: PagingOf) -> Any:
        kept = of(edge, workspace)
        return paging.of(paging.chosen(kept.containers()), kept.show_container)

    @router.get("/{name}")
    def get_container(edge: EdgeOf, workspace: WorkspaceOf, name: NameOf) -> Any:
        return of(edge, workspace).container(name)

    @router.put("/{name}")
    def put_container(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: NameOf, body: BodyOf) -> Any:
        return of(edge, workspace).make_container(name, body, who.name)

    @router.delete("/{name}")
    def delete_container(edge: EdgeOf, workspace: WorkspaceOf, name: NameOf) -> Response:
        of(edge, workspace).delete_container(name)
        return Response(status_code=200)


def _add_versions(router: APIRouter, rules: Rules) -> None:
    def of(edge: EdgeOf, workspace: WorkspaceOf) -> Versioned:
        return Versioned(rules, edge.assets, workspace)

    @router.get("/{name}/versions")
    def list_versions(
        edge: EdgeOf,
        workspace: WorkspaceOf,
        paging: PagingOf,
        name: NameOf,
        hash: str = "",  # noqa: A002 - Azure's word
    ) -> Any:
        kept = of(edge, workspace)
        found = kept.of_hash(hash) if hash else kept.versions(name)
        return paging.of(paging.chosen(found), kept.show)

    @router.get("/{name}/versions/{version}")
    def get_version(edge: EdgeOf, workspace: WorkspaceOf, name: NameOf, version: VersionOf) -> Any:
        return of(edge, workspace).version(name, version)

    @router.put("/{name}/versions/{version}")
    def put_version(
        edge: EdgeOf,
        workspace: WorkspaceOf,
        who: PrincipalOf,
        response: Response,
        name: NameOf,
        version: VersionOf,
        body: BodyOf,
    ) -> Any:
        answer, new = of(edge, workspace).make(name, version, body, who.name)
        response.status_code = 201 if new else 200
        return answer

    @router.delete("/{name}/versions/{version}")
    def delete_version(edge: EdgeOf, workspace: WorkspaceOf, name: NameOf, version: VersionOf) -> Response:
        of(edge, workspace).delete(name, version)
        return Response(status_code=200)

    @router.post("/{name}/versions/{version}/startPendingUpload")
    def start_pending_upload(edge: EdgeOf, workspace: WorkspaceOf, name: NameOf, version: VersionOf) -> Any:
        del name, version
        return pending_upload(edge, workspace)
