"""A measured figure: always a ratio to a named baseline, measured in the same run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of RESULTS.md."""

    name: str
    """What was measured: `one more step`."""
    value: float
    """The median of ours, in `unit`."""
    unit: str
    baseline_name: str
    """What it is held against: `act 0.2.89, host mode`; for an absolute promise, the promise itself."""
    baseline: float
    """The median of the baseline, in `unit`."""
    limit: float
    """The ratio that was promised, at most (or at least, with `at_least`)."""
    at_least: bool = False
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours divided by the baseline."""
        return self.value / self.baseline

    @property
    def passed(self) -> bool:
        """Whether the promise is kept."""
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit
