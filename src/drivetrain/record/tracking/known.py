"""What is known of training runs without asking: that they are active, and the parameters they hold.

Prevents: acknowledging a write that MLflow would refuse. A run is learned from MLflow's own answers; whoever
may change what is known holds it meanwhile, and then nobody knows it.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.record.tracking.model import HotWrite

_EVERY_RUN = ""


class KnownRuns:
    """The active runs that were seen lately, at most `limit` of them."""

    def __init__(self, limit: int = 500) -> None:
        self._limit = limit
        self._params: OrderedDict[str, dict[str, str]] = OrderedDict()
        self._held: Counter[str] = Counter()
        self.generation = 0
        """Changes whenever something is forgotten: an answer asked for before that is stale."""

    def knows(self, run_id: str) -> bool:
        """Whether the run is known to be active."""
        return run_id in self._params

    def admits(self, write: HotWrite) -> bool:
        """Whether the run is active and no parameter would change its value."""
        params = self._params.get(write.run_id)
        return params is not None and all(params.get(key, value) == value for key, value in write.params)

    def record(self, write: HotWrite) -> None:
        """Remember the parameters of an acknowledged write."""
        self._params[write.run_id].update(write.params)
        self._params.move_to_end(write.run_id)

    def learn(self, run_id: str, params: dict[str, str], generation: int) -> None:
        """An active run holds these parameters, as MLflow said at this generation."""
        if generation != self.generation or self._held[run_id] or self._held[_EVERY_RUN]:
            return
        self._params.setdefault(run_id, dict(params))
        while len(self._params) > self._limit:
            self._params.popitem(last=False)

    @contextmanager
    def hold(self, run_id: str | None) -> Iterator[None]:
        """Know nothing of this run (None: of any run) while a request that may change it is under way."""
        key = run_id or _EVERY_RUN
        self._held[key] += 1
        self._forget(run_id)
        try:
            yield
        finally:
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]
            self._forget(run_id)

    def _forget(self, run_id: str | None) -> None:
        self.generation += 1
        if run_id is None:
            self._params.clear()
        else:
            self._params.pop(run_id, None)
