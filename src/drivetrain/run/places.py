"""Where in the pipeline file a stage, job or step stands, as issues say it."""

from __future__ import annotations


def place_of(position: str) -> dict[str, object]:
    """The `file:line:column` of a plan as the fields of an issue; nothing when there is none."""
    file, *numbers = position.rsplit(":", 2)
    if not file or len(numbers) != 2 or not all(number.isdecimal() for number in numbers):  # noqa: PLR2004
        return {}
    return {"file": file, "line": int(numbers[0]), "column": int(numbers[1])}
