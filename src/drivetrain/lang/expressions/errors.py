"""What can be wrong with an expression."""

from __future__ import annotations

from drivetrain.errors import UserError


class ExpressionError(UserError):
    """An expression cannot be parsed or evaluated; `position` is the offset in its text, counted from 0."""

    def __init__(self, message: str, position: int = 0, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.position = position
