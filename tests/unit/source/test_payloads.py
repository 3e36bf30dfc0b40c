"""Filters of webhook resources, and payloads as parameters."""

from __future__ import annotations

import json

import pytest

from drivetrain.lang.tree import Mapping, Scalar
from drivetrain.lang.yaml import read
from drivetrain.source.triggers.payloads import as_parameter, decide_webhook, readable, value_at

PAYLOAD = {
    "action": "CREATED",
    "resource": {"message": {"title": "hello"}, "a.b": "dotted"},
    "commits": [{"id": "c1"}, {"id": "c2"}],
    "number": 7,
    "good": True,
    "nothing": None,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("action", "CREATED"),
        ("$.action", "CREATED"),
        ("resource.message.title", "hello"),
        ("resource['a.b']", "dotted"),
        ("commits[1].id", "c2"),
        ("number", "7"),
        ("good", "true"),
        ("nothing", None),
        ("resource", None),
        ("commits[2].id", None),
        ("action.more", None),
        ("absent", None),
        ("commits[x]", None),
    ],
)
def test_a_path_leads_to_a_value(path: str, value: str | None) -> None:
    assert value_at(PAYLOAD, path) == value


@pytest.mark.parametrize(
    ("filters", "wanted", "why"),
    [
        ((), True, "it has no filters"),
        ((("action", "CREATED"),), True, "action is 'CREATED'"),
        ((("action", "CREATED"), ("number", "8")), False, "the filter number of hook wants '8', which is '7'"),
        ((("action", "created"),), False, "which is 'CREATED'"),
        ((("absent", "x"),), False, "is not in the payload"),
    ],
)
def test_all_filters_have_to_hold(filters: tuple[tuple[str, str], ...], wanted: bool, why: str) -> None:  # noqa: FBT001 - a row
    decision = decide_webhook("hook", filters, PAYLOAD)
    assert decision.run is wanted
    assert why in decision.why


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b"{",
        b"\xff",
        b'{"a":' * 60 + b"1" + b"}" * 60,
        b"[" * 100_000,
        b"NaN",
        rb'{"action": "\ud800"}',
        rb'{"\udc00": 1}',
    ],
)
def test_what_is_no_object_or_too_deep_is_unreadable(body: bytes) -> None:
    assert readable(body) is None


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "two\nlines",
        "\N{PILE OF POO} and \N{MUSICAL SYMBOL G CLEF}",
        "\x7f\x85\N{LINE SEPARATOR}\N{BYTE ORDER MARK}",
        "${{ parameters.x }} $(x) - : #",
        "\\u0041",
        "\\ud83d\\ude00",
        "'\"",
    ],
)
def test_a_payload_is_the_same_as_yaml(text: str) -> None:
    found = read(as_parameter(json.dumps({"a": text})), file="payload")
    assert isinstance(found, Mapping)
    value = found.get("a")
    assert isinstance(value, Scalar)
    assert value.value == text
