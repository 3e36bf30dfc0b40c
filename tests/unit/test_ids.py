"""Identifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.ids import RandomIds

if TYPE_CHECKING:
    import pytest


def test_a_token_is_never_taken_for_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["-begins so", "and-not-so"])
    monkeypatch.setattr("drivetrain.ids.secrets.token_urlsafe", lambda _: next(drawn))
    assert RandomIds().token() == "and-not-so"
