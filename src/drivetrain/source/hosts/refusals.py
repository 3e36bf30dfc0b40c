"""What an answer of a host's API that is no success means, in our words. Pure."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from drivetrain.errors import DrivetrainError, NotFoundError, UnavailableError, UserError
from drivetrain.source.hosts.errors import RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

UNAUTHORIZED, FORBIDDEN, NOT_FOUND, GONE = 401, 403, 404, 410
TOO_MANY, FAILURES, OVERLOADED = 429, 500, 503
SHOWN = 200
"""Characters of what a host says that are passed on."""
DEFAULT_WAIT, LONGEST_WAIT = 60.0, 7200.0
"""Seconds. Hosts count by the hour; one that names a longer time is asked again all the same."""
_RESETS = ("x-ratelimit-reset", "ratelimit-reset")
_REMAINING = ("x-ratelimit-remaining", "ratelimit-remaining")


def refusal(
    host: str, what: str, status: int, headers: Mapping[str, str], body: bytes, now: datetime, *, right: str = ""
) -> DrivetrainError:
    """The error for an answer with a status of 400 or more.

    Args:
        host: The name of the host, for people.
        what: What was asked of it, such as "list the hooks of owner/name".
        status: That of the answer.
        headers: Of the answer, names in any case.
        body: Of the answer; a sentence in it is passed on.
        now: The present, for limits that name a moment.
        right: What the credentials need for it, in the host's words.
    """
    heads = {name.lower(): value for name, value in headers.items()}
    said = _said(body)
    if _is_rate_limit(status, heads, said):
        wait = _wait(heads, now)
        return RateLimitedError(
            f"{host} wants to be asked less often", hint=f"it is asked again in {round(wait)} s", wait_seconds=wait
        )
    if status >= FAILURES:
        return UnavailableError(f"{host} answered {status} when asked to {what}{said}", hint="it is tried again later")
    if status == UNAUTHORIZED:
        return UserError(f"{host} does not take the credentials{said}", hint="renew the token of the connection")
    right = heads.get("x-accepted-github-permissions") or right
    if status == FORBIDDEN:
        return UserError(f"{host} does not let the credentials {what}{said}", hint=_needs(right))
    if status in {NOT_FOUND, GONE}:
        return NotFoundError(
            f"{host} has nothing there to {what}, or hides it from the credentials", hint=_needs(right)
        )
    return UserError(f"{host} refused to {what}: it answered {status}{said}")


def _needs(right: str) -> str:
    return f"they need the right: {right}" if right else "look at the rights of the connection's token"


def _is_rate_limit(status: int, heads: Mapping[str, str], said: str) -> bool:
    """GitHub answers 403 as well, and tells by headers or, for its second limit, by words.

    https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
    """
    if status == TOO_MANY or (status == OVERLOADED and "retry-after" in heads):
        return True
    spent = any(heads.get(name) == "0" for name in _REMAINING)
    return status == FORBIDDEN and (spent or "retry-after" in heads or "rate limit" in said.lower())


def _wait(heads: Mapping[str, str], now: datetime) -> float:
    """Seconds until the host may be asked again: `Retry-After` first, then the moment that the limit starts anew."""
    found = _retry_after(heads.get("retry-after", ""), now)
    if found is None:
        reset = next((heads[name] for name in _RESETS if heads.get(name, "").isdecimal()), "")
        found = float(reset) - now.timestamp() if reset else DEFAULT_WAIT
    return min(max(found, 1.0), LONGEST_WAIT)


def _retry_after(text: str, now: datetime) -> float | None:
    """Seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after"""
    if text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()


def _said(body: bytes) -> str:
    """The host's own sentence, in one line, with a colon before it; empty when there is none."""
    words = _sentence(_decoded(body))
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())
    return f": {line[:SHOWN]}" if line else ""


def _decoded(body: bytes) -> Any:
    import json  # noqa: PLC0415 - only what is no success is looked at

    try:
        return json.loads(body[:65_536])
    except ValueError:
        return None


def _sentence(found: Any) -> str:
    """`message` of GitHub, Gitea, GitLab and Azure, `error` (a text, or with a `message`) of GitLab and Bitbucket."""
    if not isinstance(found, dict):
        return ""
    message = found.get("message") or found.get("error_description") or found.get("error")
    if isinstance(message, dict):
        message = message.get("message") or "; ".join(f"{name}: {value}" for name, value in message.items())
    details = [each.get("message", "") for each in found.get("errors") or () if isinstance(each, dict)]
    return " ".join([str(message or ""), *(f"({each})" for each in details if isinstance(each, str) and each)])
