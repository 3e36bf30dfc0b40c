"""What the process of an evaluation is told, and what it says. Frozen values."""

from __future__ import annotations

from msgspec import Struct

from drivetrain.definition.gate.model import Evaluation
from drivetrain.registry.gates.model import Evaluated
from drivetrain.serve.model import Launch


class Order(Struct, frozen=True):
    """What is to be evaluated."""

    launch: Launch
    """How a replica of the model is started."""
    data: str
    evaluation: Evaluation
    slices: tuple[tuple[str, str | None], ...] = ()
    """(column, value), value None for each that there is."""
    latency: bool = False
    """Whether requests of one row are measured."""
    columns: tuple[str, ...] = ()
    """The model's inputs, as its signature names them; empty when it names none."""
    probabilities: Launch | None = None
    """How a replica is started that answers with probabilities, where labels are not enough; None to do without."""
    folder: str = ""
    """For the replica's socket and log."""


class Answer(Struct, frozen=True):
    """What came of it."""

    evaluated: Evaluated | None = None
    error: str = ""
    """Why it could not be evaluated; then there is nothing else."""
    hint: str = ""
