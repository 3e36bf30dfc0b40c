"""Where personal access tokens are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.view.tokens.model import NewToken, PersonalToken, TokenScope


class PersonalTokens(Protocol):
    """Any thread may call it. What one process revokes, no other accepts from then on."""

    def create(self, name: str, scope: TokenScope, *, days: int, by: str, project: str = "") -> NewToken:
        """Make a token, good for so many days. Raises UserError for a name or days that cannot be, ConflictError when
        the name is taken, NotFoundError when there is no such project.
        """
        ...

    def all(self) -> Sequence[PersonalToken]:
        """Those that are not revoked, by name; the expired ones too."""
        ...

    def revoke(self, name: str) -> None:
        """It opens nothing any more. Raises NotFoundError."""
        ...

    def find(self, text: str) -> PersonalToken | None:
        """Whose token it is; None when it is nobody's, expired, revoked, or of a project that was removed."""
        ...
