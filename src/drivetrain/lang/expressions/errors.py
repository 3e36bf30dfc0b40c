"""What can be wrong with an expression. The texts are Azure's own, so that they can be searched for."""

from __future__ import annotations

from drivetrain.errors import UserError
from drivetrain.lang.values import WHITE


class ExpressionError(UserError):
    """An expression cannot be parsed or evaluated; `position` is the offset in its text, counted from 0."""

    def __init__(self, message: str, position: int = 0, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.position = position


def located(what: str, raw: str, position: int, text: str, *, hint: str = "") -> ExpressionError:
    """`What: 'raw'. Located at position N within expression: 'text'.`

    N counts from 1 in the text without the blanks around it, as Azure does; `position` counts from 0 in all of it.
    """
    number = position - (len(text) - len(text.lstrip(WHITE))) + 1
    message = f"{what}: '{raw.rstrip(WHITE)}'. Located at position {number} within expression: '{text.strip(WHITE)}'."
    return ExpressionError(message, position, hint=hint)
