from __future__ import annotations

import json
from typing import Any

import pytest

from drivetrain.errors import UserError
from drivetrain.view.serving.form import MOST_FIELDS, json_body, request_body, try_form

SIGNATURE = {
    "inputs": [
        {"name": "rows", "type": "long"},
        {"name": "price", "type": "double"},
        {"name": "new", "type": "boolean"},
        {"name": "city", "type": "string", "required": False},
    ]
}
EXAMPLE = json.dumps({"input_data": {"columns": ["price", "rows"], "index": [0], "data": [[1.5, 3]]}})


def row(given: dict[str, str]) -> list[Any]:
    found: list[Any] = json.loads(request_body(try_form(SIGNATURE, "").fields, given))["input_data"]["data"][0]
    return found


def test_fields_are_those_of_the_signature_filled_by_the_example() -> None:
    fields = try_form(SIGNATURE, EXAMPLE).fields
    assert [(each.name, each.value, each.step, each.required) for each in fields] == [
        ("rows", "3", "1", True),
        ("price", "1.5", "any", True),
        ("new", "", "", True),
        ("city", "", "", False),
    ]


@pytest.mark.parametrize(
    "signature",
    [
        {},
        {"inputs": None},
        {"inputs": "[]"},
        {"inputs": [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3]}}]},
        {"inputs": [{"name": "a", "type": "double"}, {"name": "b", "type": "array"}]},
        {"inputs": [{"name": f"c{number}", "type": "double"} for number in range(MOST_FIELDS + 1)]},
    ],
)
def test_what_fields_cannot_say_is_asked_by_json(signature: dict[str, Any]) -> None:
    assert try_form(signature, EXAMPLE).fields == ()


@pytest.mark.parametrize(
    "example", ["", "{", "[1]", '{"input_data": [[1]]}', '{"input_data": {"columns": 1, "data": 2}}', "3"]
)
def test_odd_examples_fill_nothing(example: str) -> None:
    assert {each.value for each in try_form(SIGNATURE, example).fields} == {""}


def test_values_have_the_types_of_their_columns() -> None:
    assert row({"0": "3", "1": "1e2", "2": "true", "3": "<b>"}) == [3, 100.0, True, "<b>"]
    assert row({"0": "3", "1": "1", "2": "false"}) == [3, 1.0, False, ""]


@pytest.mark.parametrize(("given", "name"), [({"0": "3.5"}, "rows"), ({"0": "3", "1": "much"}, "price"), ({}, "rows")])
def test_a_wrong_value_is_refused_by_name(given: dict[str, str], name: str) -> None:
    with pytest.raises(UserError, match=name) as error:
        row(given)
    assert error.value.hint


def test_json_is_sent_as_it_was_written() -> None:
    assert json_body('{"a":  1}') == b'{"a":  1}'
    with pytest.raises(UserError, match="no JSON"):
        json_body("{")
    with pytest.raises(UserError, match="no JSON"):
        json_body("[" * 100_000)
