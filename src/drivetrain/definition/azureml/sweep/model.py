"""A sweep: which values to try, how to choose among them, what is best, and when to give a trial up.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

MOST_TRIALS = 1000
"""As Azure limits it; also what a sweep without a limit of its own may try."""


class Shape(StrEnum):
    """How the values of a parameter are distributed."""

    CHOICE = "choice"
    RANDINT = "randint"
    UNIFORM = "uniform"
    QUNIFORM = "quniform"
    LOGUNIFORM = "loguniform"
    QLOGUNIFORM = "qloguniform"
    NORMAL = "normal"
    QNORMAL = "qnormal"
    LOGNORMAL = "lognormal"
    QLOGNORMAL = "qlognormal"

    @property
    def normal(self) -> bool:
        """Whether its two numbers are a mean and a standard deviation, not bounds."""
        return self.value.endswith("normal")

    @property
    def logarithmic(self) -> bool:
        """Whether its two numbers speak of the value's logarithm."""
        return "log" in self.value


class Distribution(Struct, frozen=True):
    """The values that one parameter may have."""

    shape: Shape
    first: float = 0.0
    """The least value, or the mean."""
    second: float = 1.0
    """The greatest value, the standard deviation, or the number of values of a `randint`."""
    step: float = 0.0
    """What values are rounded to a multiple of; 0 for not at all."""
    choices: tuple[Any, ...] = ()
    """Of a `choice`: any JSON. An object among them may hold distributions of its own, under `nested`."""
    nested: Mapping[int, Mapping[str, Distribution]] = field(default_factory=dict)
    """By the number of a choice: what of its object is drawn only when it is chosen."""


class Algorithm(StrEnum):
    """How trials are chosen."""

    GRID = "grid"
    RANDOM = "random"
    BAYESIAN = "bayesian"


class Sampling(Struct, frozen=True):
    """How trials are chosen, in full."""

    algorithm: Algorithm = Algorithm.RANDOM
    seed: int | None = None
    sobol: bool = False
    """`rule: sobol`: random, but spread evenly."""
    log_base: float = 0.0
    """The base of the logarithmic shapes; 0 for e."""


class PolicyKind(StrEnum):
    """Which rule gives trials up."""

    BANDIT = "bandit"
    MEDIAN = "medianstopping"
    TRUNCATION = "truncationselection"


class Policy(Struct, frozen=True):
    """When a trial is given up before its end."""

    kind: PolicyKind
    interval: int = 1
    """It is applied at every so manieth time that a trial logs its metric."""
    delay: int = 0
    """And not before it has done so this often."""
    slack_factor: float = 0.0
    slack_amount: float = 0.0
    percentage: int = 0
    """Of `truncationselection`."""
    exclude_finished: bool = False


class Objective(Struct, frozen=True):
    """What is best."""

    metric: str
    maximize: bool

    def better(self, one: float, other: float) -> bool:
        """Whether the first of two values is the better one."""
        return one > other if self.maximize else one < other

    def best(self, values: tuple[float, ...]) -> float:
        """The best of some values."""
        return max(values) if self.maximize else min(values)


class SweepLimits(Struct, frozen=True):
    """How much may be tried. Seconds; 0 for no limit of time."""

    total: int = MOST_TRIALS
    concurrent: int = 1
    timeout: float = 0.0
    trial_timeout: float = 0.0


class Sweep(Struct, frozen=True):
    """Everything that chooses, compares and ends trials; what a trial runs is not in it."""

    space: Mapping[str, Distribution]
    objective: Objective
    sampling: Sampling = field(default_factory=Sampling)
    limits: SweepLimits = field(default_factory=SweepLimits)
    policy: Policy | None = None
