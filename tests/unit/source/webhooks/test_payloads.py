from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.json import encode

from drivetrain.errors import UserError
from drivetrain.source.hosts.model import HostKind
from drivetrain.source.webhooks.hosts import document, hear, is_comment
from drivetrain.source.webhooks.model import Commented, Delivery, Heard, Ignored
from drivetrain.source.webhooks.payload import MAX_TEXT, Payload
from tests.unit.source.webhooks.payloads import CASES

if TYPE_CHECKING:
    from tests.unit.source.webhooks.payload_cases.case import Case


def delivery(case: Case) -> Delivery:
    return Delivery(1, case.host, "key", "guid", case.event, {}, encode(case.body), "")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.host}: {case.what}")
def test_a_documented_delivery_says(case: Case) -> None:
    assert hear(delivery(case)) == Heard(case.said, case.repository)
    assert is_comment(delivery(case)) == ("comment" in case.event.lower() or case.event == "Note Hook")
    assert isinstance(case.said, Commented) <= is_comment(delivery(case))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.host}: {case.what}")
def test_whatever_is_missing_or_of_another_kind_raises_nothing(case: Case) -> None:
    """Every part of the payload in turn is something else."""
    others: list[Any] = [None, 7, "x", [], {}, [{"a": 1}], True, -1.5]
    for other in others:
        for body in replaced(case.body, other):
            assert isinstance(hear(Delivery(1, case.host, "", "", case.event, {}, encode(body), "")), Heard)


def replaced(value: Any, other: Any) -> list[Any]:
    """The value with each of its parts replaced, one at a time."""
    if isinstance(value, dict):
        return [{**value, name: each} for name, part in value.items() for each in [other, *replaced(part, other)]]
    if isinstance(value, list):
        return [
            [*value[:index], each, *value[index + 1 :]]
            for index, part in enumerate(value)
            for each in [other, *replaced(part, other)]
        ]
    return []


@pytest.mark.parametrize("host", list(HostKind))
def test_an_event_nobody_knows_is_ignored_by_its_name(host: HostKind) -> None:
    said = hear(Delivery(1, host, "", "", "party", {}, b"{}", "")).said
    assert said == Ignored("'party' starts nothing")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://dev.azure.com/fabrikam/Lab/_git/churn", "fabrikam/Lab/churn"),
        ("https://fabrikam@dev.azure.com/fabrikam/Lab%20One/_git/churn", "fabrikam/Lab/churn"),
        ("https://dev.azure.com/fabrikam/_git/churn", "fabrikam/Lab/churn"),
        ("https://fabrikam.visualstudio.com/DefaultCollection/Lab/_git/churn", "fabrikam/Lab/churn"),
        ("https://tfs.example.org/tfs/Main/Lab/_git/churn", "Main/Lab/churn"),
        ("https://tfs.example.org/tfs/Main/_git/churn", "Main/Lab/churn"),
        ("https://[broken/_git/churn", ""),
        ("", ""),
    ],
)
def test_repositories_of_azure_are_named_by_their_addresses(url: str, name: str) -> None:
    repository = {"name": "churn", "project": {"name": "Lab"}, "remoteUrl": url}
    body = encode({"eventType": "git.push", "resource": {"repository": repository}})
    assert hear(Delivery(1, HostKind.AZURE_REPOS, "", "", "git.push", {}, body, "")).repository == name


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20T08:15:30Z", "2026-11-20T08:15:30.000Z"),
        ("2026-11-20T09:15:30+01:00", "2026-11-20T08:15:30.000Z"),
        ("2026-11-20 08:15:30 UTC", "2026-11-20T08:15:30.000Z"),
        ("2026-11-20T08:15:30", "2026-11-20T08:15:30.000Z"),
        ("0001-01-01T00:00:00+23:00", ""),
        ("yesterday", ""),
        ("", ""),
    ],
)
def test_moments_come_in_several_forms(text: str, moment: str) -> None:
    assert Payload(text).moment == moment


def test_numbers_and_texts_are_bounded() -> None:
    assert [Payload(each).number for each in (0, -1, 2**60, True, "7", 7)] == [0, 0, 0, 0, 0, 7]
    assert len(Payload("x" * 10_000).text) == MAX_TEXT
    assert [Payload(each).sha for each in ("A" * 40, "a" * 39, "a" * 40, "a" * 64)] == ["", "", "a" * 40, "a" * 64]


FORM = {"content-type": "application/x-www-form-urlencoded"}


def test_a_form_has_the_payload_in_a_field() -> None:
    assert document(FORM, b"payload=%7B%22a%22%3A1%7D")["a"].number == 1


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b""),
        ({}, b"null"),
        ({}, b"[]"),
        ({}, b"\xff\xfe"),
        ({}, b'{"a": "\xff"}'),
        ({}, b"[" * 100_000),
        ({}, b'{"a":' * 100_000),
        (FORM, b"other=1"),
        (FORM, b"&" * 1000 + b"=" * 1000),
        (FORM, b'{"a": 1}'),
    ],
)
def test_what_is_no_json_object_is_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(UserError, match="no JSON") as refused:
        document(headers, body)
    assert "application/json" in refused.value.hint
