"""Why a request is refused."""

from __future__ import annotations


class Wrong(Exception):  # noqa: N818 - not our failure: the caller's request
    """The caller's request cannot be answered; the status is HTTP's."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
