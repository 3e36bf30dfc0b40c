"""What the pages of endpoints are built from, of one home."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from drivetrain.serve.verbs import ServingVerbs
from drivetrain.view.serving.ports import Serves
from drivetrain.wire.serving.progress import Progress
from drivetrain.wire.serving.serving import parts_of, secret_of
from drivetrain.wire.serving.trying import TryFront

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.wire.storage import Storage


def serves_of(storage: Storage, wake: Callable[[], None] = lambda: None) -> Serves:
    """Endpoints; `wake` tells who drives releases."""
    parts = parts_of(storage, wake)
    return Serves(
        parts.endpoints,
        parts.releases,
        parts.fronts,
        ServingVerbs(parts),
        TryFront(parts.endpoints, parts.fronts, partial(secret_of, storage)),
        minutes=storage.minutes,
        progress=Progress(storage.home.serving).said,
    )
