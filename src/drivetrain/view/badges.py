"""The badge of a project, as Azure Pipelines draws it: a name, and what came of the newest run. Pure.

https://learn.microsoft.com/azure/devops/pipelines/create-first-pipeline#add-a-status-badge-to-your-repository
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from drivetrain.run.model import Result
from drivetrain.view.answers.markdown import plain

NEVER = "never built"
WORDS = {
    Result.SUCCEEDED: "succeeded",
    Result.SUCCEEDED_WITH_ISSUES: "partially succeeded",
    Result.FAILED: "failed",
    Result.CANCELED: "canceled",
    Result.SKIPPED: "skipped",
}
"""As the badge of Azure says it."""
_GROUNDS = {
    Result.SUCCEEDED: "#187a3a",
    Result.SUCCEEDED_WITH_ISSUES: "#8a5a00",
    Result.FAILED: "#c02d3c",
    Result.CANCELED: "#5e6775",
    Result.SKIPPED: "#5e6775",
}
"""White letters can be read on each of them."""
LABEL_GROUND, NEVER_GROUND = "#333a45", "#5e6775"
HEIGHT, PAD = 20, 7
LONGEST_LABEL = 50
_NARROW, _WIDE = frozenset("iljtfrI.,:;'|![]() "), frozenset("mwMW@%—")


def width_of(text: str) -> int:
    """Pixels of a text of 11 px, nearly; the drawing holds it to that."""
    return round(sum(3.8 if sign in _NARROW else 10.2 if sign in _WIDE else 6.7 for sign in text))


def badge(label: str, result: Result | None) -> str:
    """The SVG; `result` is None when there is no completed run."""
    left, right = plain(label, LONGEST_LABEL) or "build", WORDS[result] if result else NEVER
    first, second = width_of(left) + 2 * PAD, width_of(right) + 2 * PAD
    ground = _GROUNDS[result] if result else NEVER_GROUND
    words = escape(f"{left}: {right}", {'"': "&quot;"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{first + second}" height="{HEIGHT}" role="img" '
        f'aria-label="{words}"><title>{words}</title>'
        f'<clipPath id="r"><rect width="{first + second}" height="{HEIGHT}" rx="4"/></clipPath><g clip-path="url(#r)">'
        f'<rect width="{first}" height="{HEIGHT}" fill="{LABEL_GROUND}"/>'
        f'<rect x="{first}" width="{second}" height="{HEIGHT}" fill="{ground}"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">'
        f"{_words(left, PAD)}{_words(right, first + PAD)}</g></svg>\n"
    )


def _words(text: str, x: int) -> str:
    length = width_of(text)
    return f'<text x="{x}" y="14" textLength="{length}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
