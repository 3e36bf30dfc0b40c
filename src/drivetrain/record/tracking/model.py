"""The values that tracking speaks of: one write on the hot path, and the summary of one training run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

BUILD_ID_TAG = "drivetrain.build_id"
"""The tag that ties a training run to the pipeline run that made it."""
JOB_TAG = "drivetrain.job"
"""The tag that names the job of that pipeline run."""
REPRODUCES = "drivetrain.reproduces"
"""The variable of a pipeline run, and the tag of its training runs, that name the version that is made again: what
comes of it is compared, and takes nobody's place."""
PROJECT_TAG = "drivetrain.project"
"""The tag that names the project that a training run, or a model, belongs to; without it, it is the home's own."""
RESERVED_TAGS = "drivetrain."
"""Tags that begin so are the server's: a job cannot write them, but for the next ones."""
DIRECTION_TAGS = "drivetrain.metric."
"""Followed by the name of a metric: whether it is to be small (`min`) or large (`max`). A job says so of its own."""


def is_reserved(tag: str) -> bool:
    """Whether a tag is the server's."""
    return tag.startswith(RESERVED_TAGS) and not tag.startswith(DIRECTION_TAGS)


Metric = tuple[str, float, int, int]
"""Key, value, timestamp in milliseconds since 1970, step."""


class HotWrite(Struct, frozen=True):
    """Metrics, parameters and tags for one training run, found valid by MLflow's own rules."""

    run_id: str
    metrics: tuple[Metric, ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()

    def line(self) -> bytes:
        """This write as one line of the journal, its line feed included."""
        record = {"r": self.run_id, "m": self.metrics, "p": self.params, "t": self.tags}
        return json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> HotWrite:
        """What `line` wrote. Raises ValueError when it is not such a line."""
        try:
            record: Any = json.loads(line)
            return cls(
                run_id=str(record["r"]),
                metrics=tuple((str(k), float(v), int(t), int(s)) for k, v, t, s in record["m"]),
                params=tuple((str(k), str(v)) for k, v in record["p"]),
                tags=tuple((str(k), str(v)) for k, v in record["t"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a journalled write: {line[:80]!r}") from error


class TrainingRun(Struct, frozen=True):
    """What our own pages show of one of MLflow's runs, so that they need no MLflow."""

    id: str
    pipeline_run_id: int | None
    """The pipeline run whose job created it; None for a run made by hand."""
    job: str
    """Name of that job, empty when not known."""
    experiment_id: str
    experiment: str
    name: str
    status: str
    """As MLflow names it: RUNNING, SCHEDULED, FINISHED, FAILED, KILLED."""
    start_time: int
    """Milliseconds since 1970, UTC."""
    end_time: int | None
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    """The latest value of each metric."""
    tags: Mapping[str, str]
    deleted: bool = False
    """True after MLflow's delete, which can be undone by its restore."""


class Registration(Struct, frozen=True):
    """Somebody wants a version registered (no alias), or an alias given or, without a version, taken away."""

    name: str
    alias: str = ""
    version: str = ""
    by: str = ""
    """For people."""
    run_id: int | None = None
    """The pipeline run whose job asks."""
