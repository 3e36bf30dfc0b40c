"""What a request does to the registry, and who asks for it."""

from __future__ import annotations

import json

import pytest

from drivetrain.record.tracking.model import Registration
from drivetrain.view.api.mlflow.ports import Identity
from drivetrain.view.api.mlflow.registering import changes_registry, gives_alias, registration

VERSION = "/api/2.0/mlflow/model-versions/create"
ALIAS = "/api/2.0/mlflow/registered-models/alias"
OWNER = Identity("user")
JOB = Identity("job", {"drivetrain.build_id": "7", "drivetrain.build_number": "20261126.3"})
TOKEN = Identity("user", token="ci")


@pytest.mark.parametrize(
    ("method", "path", "changes", "alias"),
    [
        ("POST", VERSION, True, False),
        ("GET", VERSION, False, False),
        ("POST", ALIAS, True, True),
        ("DELETE", ALIAS, True, True),
        ("GET", ALIAS, False, False),
        ("POST", "/api/2.0/mlflow/registered-models/create", False, False),
    ],
)
def test_which_requests_change_the_registry(method: str, path: str, changes: bool, alias: bool) -> None:  # noqa: FBT001 - a row
    assert (changes_registry(method, path), gives_alias(method, path)) == (changes, alias)


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "who", "wanted"),
    [
        ("POST", VERSION, b"", {"name": "m", "version": 3}, OWNER, Registration("m", by="owner")),
        (
            "POST",
            ALIAS,
            b"",
            {"name": "m", "alias": "champion", "version": 3},
            JOB,
            Registration("m", "champion", "3", "20261126.3", 7),
        ),
        (
            "DELETE",
            ALIAS,
            b"name=m&alias=champion",
            {"version": "3"},
            TOKEN,
            Registration("m", "champion", "", "token ci"),
        ),
        ("POST", ALIAS, b"", {"name": "m"}, OWNER, None),
        ("POST", VERSION, b"", {}, OWNER, None),
        ("POST", VERSION, b"", [1], OWNER, None),
        ("POST", VERSION, b"", '{"name": "m"}', OWNER, Registration("m", by="owner")),
    ],
)
def test_what_is_asked_for_and_by_whom(
    method: str, path: str, query: bytes, body: object, who: Identity, wanted: Registration | None
) -> None:
    assert registration(method, path, query, json.dumps(body).encode(), who) == wanted


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_nonsense_asks_for_nothing(body: bytes) -> None:
    assert registration("POST", ALIAS, b"", body, OWNER) is None
