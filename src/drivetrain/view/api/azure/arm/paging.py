"""Lists, a page at a time: `{"value": [...], "nextLink": ...}`.

https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md#collections
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request
from msgspec import Struct

from drivetrain.registry.model import Asset
from drivetrain.view.api.azure.access import EdgeOf

Item = TypeVar("Item")
PAGE = 100
LARGEST = 1000


class View(StrEnum):
    """Which of them, as for archived ones."""

    ACTIVE = "ActiveOnly"
    ARCHIVED = "ArchivedOnly"
    ALL = "All"

    @classmethod
    def _missing_(cls, value: object) -> View | None:
        """Since Python 3.11 azure-ai-ml writes `ListViewType.ACTIVE_ONLY` where it means `ActiveOnly`."""
        words = str(value).removeprefix("ListViewType.").replace("_", "").lower()
        return next((each for each in cls if each.lower() == words), None)

    def holds(self, *, archived: bool) -> bool:
        """Whether something that is archived, or is not, is among these."""
        return self is View.ALL or archived is (self is View.ARCHIVED)


class Paging(Struct, frozen=True):
    """The page that is asked for."""

    address: str
    """Of this very list, with everything asked but the page."""
    skip: int
    top: int
    view: View
    order: str

    def of(self, items: Sequence[Item], shape: Callable[[Item], dict[str, Any]]) -> dict[str, Any]:
        """The page of these."""
        end = self.skip + self.top
        answer: dict[str, Any] = {"value": [shape(item) for item in items[self.skip : end]]}
        if end < len(items):
            answer["nextLink"] = f"{self.address}&{urlencode({'$skip': end, '$top': self.top})}"
        return answer

    def chosen(self, assets: Iterable[Asset]) -> list[Asset]:
        """Those of the view, in the order that is asked for; else as they come."""
        found = [asset for asset in assets if self.view.holds(archived=asset.archived)]
        if self.order.replace(" ", "").lower().startswith(("createdtime", "createdat")):
            newest_first = self.order.lower().endswith("desc")
            # What was made in the same moment stays as it came: the newest first, of versions.
            ordered = found if newest_first else found[::-1]
            return sorted(ordered, key=lambda asset: asset.created_at, reverse=newest_first)
        return found


def _paging(
    request: Request,
    edge: EdgeOf,
    view: Annotated[View, Query(alias="listViewType")] = View.ACTIVE,
    skip: Annotated[int, Query(alias="$skip", ge=0)] = 0,
    top: Annotated[int, Query(alias="$top", ge=1)] = PAGE,
    order: Annotated[str, Query(alias="orderBy")] = "",
    order_by: Annotated[str, Query(alias="$orderBy")] = "",
) -> Paging:
    asked = [(name, value) for name, value in request.query_params.multi_items() if name not in ("$skip", "$top")]
    address = f"{edge.address}{request.url.path}?{urlencode(asked)}"
    return Paging(address, skip, min(top, LARGEST), view, order or order_by)


PagingOf = Annotated[Paging, Depends(_paging)]
