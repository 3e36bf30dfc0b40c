"""Everything that the Azure DevOps API is built from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from drivetrain.run.model import JobRecord
from drivetrain.view.api.azure.identity.model import Principal
from drivetrain.view.api.devops.takes import Take

if TYPE_CHECKING:
    from drivetrain.view.api.devops.ports import Sources
    from drivetrain.view.api.devops.signing import Signer
    from drivetrain.view.site import Site


class Services(Struct, frozen=True):
    """The services behind the routes. They may block: routes are plain functions, which FastAPI runs in threads."""

    site: Site
    sources: Sources
    signer: Signer
    identify: Callable[[Mapping[str, Any]], Principal | None]
    """Who sends a request, from its ASGI scope; None for nobody known."""
    complete: Callable[[int, JobRecord, int, bool], None]
    """Tells a step of a run's job, by its place, whether the service that it waits for has succeeded. Raises
    UnavailableError."""
    take: Take | None = None
    """Takes in what is posted to webhooks; None where none are."""
