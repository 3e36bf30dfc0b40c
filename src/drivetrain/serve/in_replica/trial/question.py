"""The program that tries a model: reads a question, writes a report. Both are JSON.

question    described, example (rows), convert (whether to), complete (whether rows that lack values may be
                refused, when only that is different), onnx (where to write it)
report      joins, converted, why, onnx, answer (to the example), versions
"""

from __future__ import annotations

import json


def answer(question: str, report: str) -> None:
    """Write the report. Raises whatever the model raises when it is loaded."""
    from ..codec import dumps
    from .trial import Trial

    with open(question, encoding="utf-8") as file:
        asked = json.load(file)
    found = Trial(asked).report()
    with open(report, "wb") as file:
        file.write(dumps(found))
