"""What the MLflow front needs to know of whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from msgspec import Struct, field

from drivetrain.record.tracking.model import PROJECT_TAG

if TYPE_CHECKING:
    from collections.abc import Mapping


class Identity(Struct, frozen=True):
    """Who sends a request."""

    kind: Literal["user", "job"]
    run_tags: Mapping[str, str] = field(default_factory=dict)
    """Tags for every training run this one creates; those named `drivetrain.` cannot be changed by a job."""
    pipeline_run_id: int | None = None
    """The pipeline run whose job it is."""
    token: str = ""
    """The name of the personal access token that was shown; of one that opens one project the kind is `job`."""
    read_only: bool = False
    restricted: bool = False
    """A job whose files a stranger wrote: it logs what is its own, and registers nothing."""

    @property
    def project(self) -> str:
        """The project whose training runs and models a job may see; empty for the home's own."""
        return self.run_tags.get(PROJECT_TAG, "")


class Authenticate(Protocol):
    """Finds out who sends a request, from its ASGI scope: headers, cookies. Must be quick: it is on the hot path."""

    def __call__(self, scope: Mapping[str, Any]) -> Identity | None:
        """The sender, or None when it must not come in."""
        ...
