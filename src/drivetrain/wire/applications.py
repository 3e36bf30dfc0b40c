"""The Applications port (view/api/azure/identity): service principals are connections of the library."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.plan.model import ResourceKind, ResourceUse
from drivetrain.run.library.model import ItemKind, pipeline_of
from drivetrain.view.api.azure.identity.model import PrincipalKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from drivetrain.run.library.model import Connection, Item
    from drivetrain.run.ports import RunStore
    from drivetrain.store.library import SqliteLibrary
    from drivetrain.view.api.azure.identity.model import Principal

TYPE = "azurerm"


class LibraryApplications:
    """Any thread may call it. What is there is read anew each time: a connection that was removed signs nobody in."""

    def __init__(self, library: SqliteLibrary, runs: RunStore) -> None:
        self._library = library
        self._runs = runs

    def of(self, client_id: str) -> Sequence[Connection]:
        """Those with this client id, opened."""
        wanted = client_id.strip().lower()
        found = [item for item in self._items() if wanted and _value(item, "serviceprincipalid").lower() == wanted]
        return [opened for item in found if (opened := self._opened(item.project, item.id)) is not None]

    def connection(self, job: Principal, connection_id: str) -> Connection | None:
        """The connection with this id, if the pipeline of that job may use it."""
        if job.kind is not PrincipalKind.JOB or job.run_id is None:
            return None
        run = self._runs.get(job.run_id)
        use = ResourceUse(ResourceKind.SERVICE_CONNECTION, connection_id)
        if not connection_id or self._library.unpermitted(run.project, pipeline_of(run), [use]):
            return None
        return self._opened(run.project, connection_id)

    def subscriptions(self, principal: Principal) -> Mapping[str, str]:
        """Ids and names of the subscriptions that connections name which it may see."""
        found: dict[str, str] = {}
        items = [item for item in self._items() if not item.project or principal.may_see(item.project)]
        # First what its own connection names: clients take the first one for the default.
        for item in sorted(items, key=lambda item: item.name != principal.name):
            subscription = item.data.get("data.subscriptionId", "")
            if subscription:
                found.setdefault(subscription.lower(), item.data.get("data.subscriptionName", "") or item.name)
        return found

    def tenants(self) -> frozenset[str]:
        """The tenants that connections name."""
        return frozenset(_value(item, "tenantid").lower() for item in self._items()) - {""}

    def _items(self) -> Iterator[Item]:
        items = self._library.items(ItemKind.SERVICE_CONNECTION)
        return (item for item in items if item.data.get("type") == TYPE)

    def _opened(self, project: str, name: str) -> Connection | None:
        with suppress(NotFoundError):
            found = self._library.connection(project, name)
            return found if found.type == TYPE else None
        return None


def _value(item: Item, name: str) -> str:
    return next((value.value or "" for value in item.values if value.name.lower() == name), "")
