"""The threads that see to what hosts deliver."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from drivetrain.source.webhooks.acting import Acting
from drivetrain.source.webhooks.commenting import Commenting
from drivetrain.source.webhooks.heads import Heads
from drivetrain.source.webhooks.processing import DeliveryProcessor
from drivetrain.source.webhooks.receiving import Receiver

if TYPE_CHECKING:
    from drivetrain.source.git import Git
    from drivetrain.source.webhooks.commenting import Hosts
    from drivetrain.wire.storage import Storage

LOOK_SECONDS = 1.0
"""How often is looked for what was put back by `drivetrain hooks replay`; what is delivered wakes us at once."""
_log = logging.getLogger("drivetrain")


class Hooking:
    """Takes in what is delivered, and has it handled; comments by a thread of their own, since hosts are asked."""

    def __init__(self, storage: Storage, git: Git, hosts: Hosts, *, url: str = "") -> None:
        """`url` is where people reach this server; empty when only this machine does."""
        self._woken = {comments: threading.Event() for comments in (False, True)}
        self.receiver = Receiver(storage.links, storage.deliveries, self._wake)
        heads = Heads(git)
        acting = Acting(storage.home.inbox, storage.source_events, storage.pull_requests, heads)
        commenting = Commenting(storage.source_events, storage.pull_requests, storage.answers, heads, hosts, url=url)
        self._processors = {
            comments: DeliveryProcessor(
                storage.deliveries,
                storage.links,
                storage.projects,
                acting,
                commenting,
                comments=comments,
                report=_log.info,
            )
            for comments in (False, True)
        }

    def _wake(self) -> None:
        for woken in self._woken.values():
            woken.set()

    def serve(self, stop: threading.Event) -> None:
        """See to all but comments until `stop` is set."""
        self._serve(stop, comments=False)

    def serve_comments(self, stop: threading.Event) -> None:
        """See to comments until `stop` is set."""
        self._serve(stop, comments=True)

    def _serve(self, stop: threading.Event, *, comments: bool) -> None:
        woken, processor = self._woken[comments], self._processors[comments]
        while not stop.is_set():
            woken.clear()  # before looking: what comes while we look wakes us again
            processor.process()
            woken.wait(LOOK_SECONDS)
