"""Which jobs somebody has looked at while they went on."""

from __future__ import annotations

from collections import OrderedDict

from drivetrain.run.azureml.model import JobStatus

MOST = 10_000


class Watched:
    """Remembers the newest of them. Lives in one event loop."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, None] = OrderedDict()

    def status(self, job: str, status: JobStatus) -> JobStatus:
        """The status to tell who follows a job's log: `Finalizing` the first time for one that has ended already."""
        first = job not in self._seen
        self._seen[job] = None
        self._seen.move_to_end(job)
        if len(self._seen) > MOST:
            self._seen.popitem(last=False)
        return JobStatus.FINALIZING if first and status.final else status
