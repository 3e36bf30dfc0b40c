"""A library in memory: the Library port without a store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from drivetrain.run.library.model import ItemKind
from drivetrain.run.library.ports import not_there

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from drivetrain.plan.model import ResourceUse
    from drivetrain.run.library.model import Connection, KeyVault, SecureFile, VariableGroup

KINDS = {str(kind) for kind in ItemKind}


@dataclass
class MemoryLibrary:
    """Things by (project, kind, lower-case name); `permits` by thing and pipeline, `None` for every pipeline."""

    things: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    permits: set[tuple[tuple[str, str, str], str | None]] = field(default_factory=set)

    def put(self, project: str, kind: ItemKind, thing: Any) -> None:
        for name in {thing.name, getattr(thing, "id", thing.name)}:
            self.things[project, kind, name.lower()] = thing

    def permit(self, project: str, kind: ItemKind, name: str, pipeline: str | None) -> None:
        self.permits.add(((project, kind, name.lower()), pipeline))

    def _key(self, project: str, kind: str, name: str) -> tuple[str, str, str] | None:
        keys = [(owner, kind, name.strip().lower()) for owner in (project, "")]
        return next((key for key in keys if key in self.things), None)

    def _get(self, project: str, kind: ItemKind, name: str) -> Any:
        key = self._key(project, kind, name)
        if key is None:
            raise not_there(kind, name, project)
        return self.things[key]

    def group(self, project: str, name: str) -> VariableGroup:
        found: VariableGroup = self._get(project, ItemKind.VARIABLE_GROUP, name)
        return found

    def connection(self, project: str, name: str) -> Connection:
        found: Connection = self._get(project, ItemKind.SERVICE_CONNECTION, name)
        return found

    def secure_file(self, project: str, name: str) -> SecureFile:
        found: SecureFile = self._get(project, ItemKind.SECURE_FILE, name)
        return found

    def vault(self, project: str, name: str) -> KeyVault:
        found: KeyVault = self._get(project, ItemKind.KEY_VAULT, name)
        return found

    def missing(self, project: str, uses: Iterable[ResourceUse]) -> Sequence[ResourceUse]:
        return [use for use in uses if use.kind in KINDS and self._key(project, use.kind, use.name) is None]

    def unpermitted(self, project: str, pipeline: str, uses: Iterable[ResourceUse]) -> Sequence[ResourceUse]:
        keys = [(use, self._key(project, use.kind, use.name)) for use in uses if use.kind in KINDS]
        return [use for use, key in keys if key and not {(key, pipeline), (key, None)} & self.permits]
