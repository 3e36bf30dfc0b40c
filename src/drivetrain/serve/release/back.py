"""Which state of an endpoint a rollback goes back to, by its history. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.serve.rules.split import can_serve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from drivetrain.serve.model import Deployment, HistoryEntry

SETTLED = {"traffic", "release.finished"}
"""What somebody, or a release that did well, has decided. Steps of a release are on the way to one of these."""
ROLLBACK = "rollback"


class State(Struct, frozen=True):
    """What was live, from one decision to the next."""

    entry: int
    """The history entry that began it."""
    at: str
    by: str
    traffic: Mapping[str, int]
    models: Mapping[str, str]
    builds: Mapping[str, int]

    @property
    def live(self) -> tuple[dict[str, int], dict[str, int]]:
        """What callers notice."""
        return dict(self.traffic), dict(self.builds)


def last_good(history: Sequence[HistoryEntry], deployments: Iterable[Deployment]) -> State | None:
    """The newest state before the present one that can be had at once: every deployment with traffic in it still is
    what it was. None when there is none. `history` is of one endpoint, the newest first.

    A rollback takes the state that it left off the stack, so that the next one goes further back.
    """
    stack = _stack(history)[:-1]
    if not stack:
        return None
    now = _state(history[0])
    serving = {each.name: each.build for each in deployments if can_serve(each)}
    for state in reversed(stack):
        can = all(serving.get(name) == state.builds.get(name, -1) for name in state.traffic)
        if can and state.traffic and state.live != now.live:
            return state
    return None


def _stack(history: Sequence[HistoryEntry]) -> list[State]:
    stack: list[State] = []
    for entry in reversed(history):
        if entry.kind == "endpoint.deleted":
            stack.clear()  # another endpoint of this name is no earlier state of this one
        elif entry.kind == ROLLBACK:
            while stack and stack[-1].entry != entry.data.get("to"):
                stack.pop()
        elif entry.kind in SETTLED:
            stack.append(_state(entry))
    return stack


def _state(entry: HistoryEntry) -> State:
    data = entry.data
    traffic = {name: share for name, share in data.get("traffic", {}).items() if share}
    return State(entry.id, entry.at, entry.by, traffic, data.get("models", {}), data.get("builds", {}))
