"""Signs in as a GitHub App: a signed word of its own is exchanged for a token of its installation, for an hour.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import jwt

from drivetrain.clock import SystemClock, parse_timestamp
from drivetrain.errors import UserError
from drivetrain.source.hosts.http import Api

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.clock import Clock
    from drivetrain.source.hosts.credentials import Credentials

SCHEME = "App"
"""Of a service connection with the parameters `appId`, `privateKey` (PEM) and, if it is known, `installationId`."""
EARLY = timedelta(minutes=1)
"""How long before its end a token is not used any more."""
BACK, LIFE = timedelta(seconds=60), timedelta(minutes=9)
"""Clocks differ, so a word is dated back; GitHub takes at most ten minutes."""


class AppTokens:
    """Tokens of the installation of an App at one repository. Any thread may call it."""

    def __init__(
        self,
        api: str,
        repository: str,
        headers: Mapping[str, str],
        credentials: Credentials,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._credentials = credentials
        self._repository = repository
        self._plain = headers
        self._api = Api(api, self._signed, secrets=credentials.secrets, clock=self._clock)
        self._lock = threading.Lock()
        self._token = ""
        self._until = self._clock.now()
        self.permissions: Mapping[str, str] = {}
        """What the installation may, as GitHub names it (`checks: write`); known once a token was asked for."""

    def token(self) -> str:
        """The token that holds now; a new one when less than a minute is left to it."""
        with self._lock:
            if self._clock.now() >= self._until - EARLY:
                found = self._exchanged()
                self._token, self._until = found["token"], parse_timestamp(found["expires_at"])
                self.permissions = found.get("permissions") or {}
            return self._token

    def slug(self) -> str:
        """What the App is called in addresses; its comments are by `SLUG[bot]`."""
        return str(self._api.get("/app", "name the App")["slug"])

    def _exchanged(self) -> dict[str, Any]:
        installation = self._credentials.get("installationId") or self._installation()
        path = f"/app/installations/{int(installation)}/access_tokens"
        # Without a body the token is for everything that the App was installed for.
        found: dict[str, Any] = self._api.post(path, "issue a token for the App's installation", {})
        return found

    def _installation(self) -> str:
        found = self._api.get(
            f"/repos/{self._repository}/installation",
            f"find the installation of the App at {self._repository}",
            right="install the App for this repository",
        )
        return str(found["id"])

    def _signed(self) -> dict[str, str]:
        now = self._clock.now()
        claims = {"iat": now - BACK, "exp": now + LIFE, "iss": self._credentials.get("appId")}
        key = self._credentials.get("privateKey").replace("\\n", "\n")
        try:
            word = jwt.encode(claims, key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise UserError(
                "the private key of the GitHub App is no RSA key in PEM",
                hint="give the whole .pem file that GitHub made",
            ) from None
        return {**self._plain, "Authorization": f"Bearer {word}"}
