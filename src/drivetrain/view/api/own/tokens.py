"""Personal access tokens: only the owner makes and revokes them; a token is shown once, when it is made."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from drivetrain.view.api.own.access import OwnPagesOnly, SiteOf
from drivetrain.view.tokens.model import DEFAULT_DAYS, LONGEST_NAME, MOST_DAYS, PersonalToken, TokenScope

router = APIRouter(tags=["tokens"])


class TokenShape(BaseModel):
    """What is known of a token."""

    id: int
    name: str
    scope: TokenScope
    project: str
    """The only project that it opens; empty for all."""
    created_at: str
    created_by: str
    expires_at: str
    expired: bool


class MadeShape(TokenShape):
    """A token that was just made."""

    token: str
    """The token itself: it is shown now and never again."""


class TokenRequest(BaseModel):
    """The token that is wanted."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    scope: TokenScope = TokenScope.READ
    project: str = ""
    days: int = Field(DEFAULT_DAYS, ge=1, le=MOST_DAYS)


@router.get("/tokens")
def list_tokens(site: SiteOf) -> list[TokenShape]:
    """Those that are not revoked, by name; the expired ones too."""
    return [TokenShape(**_fields(each)) for each in site.tokens.all()]


@router.post("/tokens", status_code=201, dependencies=[OwnPagesOnly])
def create_token(site: SiteOf, wish: TokenRequest) -> MadeShape:
    """Make a token."""
    made = site.tokens.create(wish.name, wish.scope, days=wish.days, by=site.owner, project=wish.project)
    return MadeShape(**_fields(made.about), token=made.text)


@router.delete("/tokens/{name:path}", status_code=204, dependencies=[OwnPagesOnly])
def revoke_token(site: SiteOf, name: str) -> None:
    """Revoke a token: it opens nothing any more."""
    site.tokens.revoke(name)


def _fields(token: PersonalToken) -> dict[str, Any]:
    return {name: getattr(token, name) for name in TokenShape.model_fields}
