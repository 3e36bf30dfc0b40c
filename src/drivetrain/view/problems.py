"""Errors at the edge of HTTP: the one place where they get a status and a code."""

from __future__ import annotations

from msgspec import Struct

from drivetrain.errors import (
    ConflictError,
    CorruptError,
    DefinitionError,
    DrivetrainError,
    NotFoundError,
    UnavailableError,
    UserError,
)


class Trouble(Struct, frozen=True):
    """An error as a client sees it."""

    status: int
    code: str
    message: str
    hint: str = ""

    def document(self) -> dict[str, dict[str, str]]:
        """The body of a JSON answer."""
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint}}


_STATUS = (
    (NotFoundError, 404, "not_found"),
    (ConflictError, 409, "conflict"),
    (DefinitionError, 422, "bad_definition"),
    (UserError, 400, "bad_request"),
    (UnavailableError, 503, "unavailable"),
    (CorruptError, 500, "corrupt"),
)
INTERNAL = Trouble(
    500, "internal", "Something went wrong in Drivetrain itself.", "server.log in the home folder says what"
)
FORBIDDEN = Trouble(
    403, "forbidden", "This change did not come from Drivetrain's own pages.", "open the page and try there"
)


def trouble(error: DrivetrainError) -> Trouble:
    """Status and code of an error."""
    for kind, status, code in _STATUS:
        if isinstance(error, kind):
            return Trouble(status, code, error.message, error.hint)
    return INTERNAL


_WORDS = {
    401: "Sign in first.",
    403: "This is not allowed.",
    404: "There is nothing here.",
    405: "This cannot be done here.",
}


def plain(status: int, detail: str = "") -> Trouble:
    """A refusal that is no error of ours: an unknown address, a wrong method."""
    code = {401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed"}.get(
        status, "bad_request"
    )
    hint = "run `drivetrain up` for a link that signs you in" if status == 401 else ""  # noqa: PLR2004
    return Trouble(status, code, _WORDS.get(status, detail or "The request was not understood."), hint)
