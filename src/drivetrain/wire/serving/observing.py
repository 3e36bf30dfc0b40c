"""What is told of the requests of one endpoint: its request log, and traces where the home sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError
from drivetrain.serve.measures.request_log import RequestLog
from drivetrain.wire.seldom import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.clock import Clock
    from drivetrain.home import Home
    from drivetrain.serve.measures.model import Exchange
    from drivetrain.serve.measures.tracing import Traces
    from drivetrain.serve.model import Collection, Wanted
    from drivetrain.settings import Settings


class Observing:
    """The Observer port of one front. `of` says whether anything is to be observed at all: a front that writes nothing
    down spends no time on it.
    """

    def __init__(self, home: Home, settings: Settings, endpoint: str, clock: Clock) -> None:
        self._collections: Mapping[str, Collection] = {}
        self._log = RequestLog(home.endpoint(endpoint), self._now, clock)
        self._traces = _traces(settings, endpoint)

    def _now(self) -> Mapping[str, Collection]:
        return self._collections

    def of(self, wanted: Wanted) -> Observing | None:
        """Itself, when this is what the front carries out and something of it is to be written down; else None."""
        specs = {each.name: each.spec.collection for each in wanted.deployments}
        self._collections = {name: each for name, each in specs.items() if each.share > 0}
        return self if self._collections or self._traces else None

    def seen(self, exchange: Exchange) -> None:
        """Write it down, and trace it."""
        self._log.seen(exchange)
        if self._traces is not None:
            self._traces.seen(exchange)

    def close(self) -> None:
        """Write and send what waits."""
        self._log.close()
        if self._traces is not None:
            self._traces.close()


def _traces(settings: Settings, endpoint: str) -> Traces | None:
    if not settings.otlp:
        return None
    try:
        make: Callable[[str, str, float], Traces] = load("serve.measures.tracing:Traces")
    except ImportError as error:
        hint = "pip install 'drivetrain[otel]', or take `otlp` out of config.toml"
        raise UnavailableError(f"traces cannot be sent: {error}", hint=hint) from error
    return make(endpoint, settings.otlp, settings.otlp_percent / 100)
