"""What the verbs of serving work with."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.clock import timestamp
from drivetrain.errors import DrivetrainError

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.clock import Clock
    from drivetrain.serve.ports import Ask, Endpoints, Fronts, Locks, Prepare, Releases, Resolve

_log = logging.getLogger("drivetrain")


class ServingParts(Struct, frozen=True):
    """Ports, and whom to wake."""

    endpoints: Endpoints
    releases: Releases
    fronts: Fronts
    locks: Locks
    ask: Ask
    prepare: Prepare
    resolve: Resolve
    clock: Clock
    say: Callable[[str, str, str], None]
    """(endpoint, deployment, what is being done): the progress of a preparation; an empty line begins a new one."""
    allow: Callable[[int | None, str, str], str]
    """(run, endpoint, model or nothing): whose an endpoint is that this run makes, empty for the home's own. Raises
    UserError when a pipeline run may not change what is live, NotFoundError when the endpoint or the model is another
    project's.
    """
    wake: Callable[[], None] = lambda: None
    """There is something to prepare, or a release to drive."""

    def tell_front(self, endpoint: str) -> None:
        """Have the front do what is kept. When it cannot hear of it now, whoever looks after fronts tells it again."""
        try:
            self.fronts.apply(endpoint)
        except DrivetrainError as error:
            _log.warning("%s: %s", endpoint, error.message)

    def now(self) -> str:
        """This moment, as it is kept."""
        return timestamp(self.clock.now())
