from __future__ import annotations

import pytest

from drivetrain.errors import ConflictError, UnavailableError
from drivetrain.run.places import place_of
from drivetrain.run.waiting import Patience


def fail(patience: Patience) -> None:
    with patience:
        raise UnavailableError("the disk is full")


def test_patience_swallows_what_is_unavailable_for_a_while_only() -> None:
    fail(Patience(60))
    with pytest.raises(UnavailableError):
        fail(Patience(0))


def test_patience_lets_every_other_error_pass() -> None:
    with pytest.raises(ConflictError), Patience(60):
        raise ConflictError("somebody else drives")


def test_patience_begins_anew_after_a_success() -> None:
    patience = Patience(60)
    fail(patience)
    before = patience._until
    with patience:
        pass
    fail(patience)
    assert before is not None
    assert patience._until is not None
    assert patience._until > before


@pytest.mark.parametrize(
    ("position", "place"),
    [
        ("azure-pipelines.yml:3:5", {"file": "azure-pipelines.yml", "line": 3, "column": 5}),
        ("a:b/c.yml:12:1", {"file": "a:b/c.yml", "line": 12, "column": 1}),
        ("", {}),
        ("somewhere", {}),
        ("file:x:y", {}),
        (":1:2", {}),
    ],
)
def test_a_position_is_taken_apart_into_the_fields_of_an_issue(position: str, place: dict[str, object]) -> None:
    assert place_of(position) == place
