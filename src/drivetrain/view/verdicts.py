"""Verdicts of gates as pages, comments and the terminal tell them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.registry.gates.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.registry.gates.model import Finding, Verdict

_BYTES = 1e5
_PLAIN = {Outcome.PASSED, Outcome.FAILED}


def shown(value: float | None) -> str:
    """A number for people; nothing for none."""
    if value is None:
        return ""
    return f"{value:.0f}" if float(value).is_integer() and abs(value) >= _BYTES else f"{value:.5g}"


def why(finding: Finding) -> str:
    """What a comparison came to, with the case it is where something is missing."""
    if finding.outcome in _PLAIN:
        return finding.reason
    return f"{finding.outcome}: {finding.reason}" if finding.reason else str(finding.outcome)


def newest(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The last one of each gate on each candidate, in the order in which they were first asked; given oldest first."""
    found: dict[tuple[str, str], Verdict] = {}
    for each in verdicts:
        found[each.gate, each.candidate] = each
    return list(found.values())


def failures(verdict: Verdict) -> str:
    """Why a gate has stopped it: the comparisons that failed, in a line."""
    failed = [each for each in verdict.findings if not each.passed]
    return "; ".join(f"{each.rule}: {each.reason or each.outcome}" for each in failed[:5])[:600]
