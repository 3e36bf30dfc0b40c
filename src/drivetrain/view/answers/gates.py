"""What gates have said of models, for hosts: finished Markdown, and a line. Pure.

Names of models, metrics and slices are strangers' words: they become code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.view.answers.markdown import cell, code, plain, table
from drivetrain.view.verdicts import newest, shown, why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.registry.gates.model import Finding, Verdict

MOST_VERDICTS = 5
MOST_FINDINGS = 30


def told(verdicts: Sequence[Verdict]) -> str:
    """A table for the newest verdict of each gate on each model; given oldest first. Nothing for none."""
    found = newest(verdicts)
    if not found:
        return ""
    rest = [f"and {len(found) - MOST_VERDICTS} more verdicts"] if len(found) > MOST_VERDICTS else []
    return "\n\n".join(["#### Gates", *map(_verdict, found[-MOST_VERDICTS:]), *rest])


def line(verdicts: Sequence[Verdict]) -> str:
    """`gate quality stopped fraud:3`, `gate quality passed fraud:3`; nothing for none. Plain text."""
    found = newest(verdicts)
    failed = [each for each in found if not each.passed]
    if not found:
        return ""
    first = (failed or found)[0]
    word = "passed" if first.passed else "stopped"
    more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
    return f"gate {plain(first.gate, 30)} {word} {plain(first.candidate, 40)}{more}"


def _verdict(verdict: Verdict) -> str:
    came = "✅ passed" if verdict.passed else "❌ did not pass"
    against = f", against {code(verdict.champion, 80)}" if verdict.champion else ", without a champion to compare with"
    promoted = f" It is now {code(verdict.promoted, 40)}." if verdict.promoted else ""
    head = f"{code(verdict.candidate, 80)} {came} {code(verdict.gate, 60)}{against}.{promoted}"
    # Those that failed are never the ones left out.
    ordered = (
        sorted(verdict.findings, key=lambda each: each.passed)
        if len(verdict.findings) > MOST_FINDINGS
        else verdict.findings
    )
    rows = [_row(each) for each in ordered[:MOST_FINDINGS]]
    made = table(["", "Rule", "Candidate", "Champion", "Limit", "Why"], rows)
    left = len(verdict.findings) - MOST_FINDINGS
    rest = [f"and {left} more rules"] if left > 0 else []
    return "\n\n".join([head, made, *rest])


def _row(finding: Finding) -> list[str]:
    sign = "✅" if finding.passed else "❌"
    numbers = [shown(each) for each in (finding.candidate, finding.champion, finding.limit)]
    return [sign, cell(finding.rule, 80), *numbers, cell(why(finding), 200)]
