"""A personal access token, as Azure DevOps calls it: it has a name, an end, and maybe less than the owner may do.

https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

PREFIX = "dtp_"
"""How every token begins, so that people, and programs that look for leaked ones, know it for what it is."""
LONGEST_NAME = 100
DEFAULT_DAYS = 30
MOST_DAYS = 366
"""Azure's tokens end after a year at the latest, too."""


class TokenScope(StrEnum):
    """What a token is good for."""

    READ = "read"
    """Reading only."""
    MANAGE = "manage"
    """All that the owner may do by these APIs, but for making tokens and signing in to the pages."""


class PersonalToken(Struct, frozen=True):
    """What is known of a token; never the token itself. Times are ISO 8601 in UTC."""

    id: int
    name: str
    scope: TokenScope
    project: str
    """The only project that it opens; empty for all."""
    created_at: str
    created_by: str
    expires_at: str
    expired: bool = False
    """Whether that has passed, when this was read."""


class NewToken(Struct, frozen=True):
    """A token that was just made."""

    text: str
    """The token; it is shown now and never again."""
    about: PersonalToken
