"""The form that tries a model, made from its signature and its example; and the request that the form makes. Pure.

https://mlflow.org/docs/latest/ml/model/signatures/ says the types of columns.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_FIELDS = 80
"""A model with more columns is tried by JSON only."""
WHOLE, REAL = {"integer", "long"}, {"double", "float"}


class Field(Struct, frozen=True):
    """A column to fill in."""

    name: str
    type: str
    required: bool
    value: str
    """What the example says."""

    @property
    def step(self) -> str:
        """HTML's word for which numbers fit; empty for no number."""
        return "1" if self.type in WHOLE else "any" if self.type in REAL else ""


class TryForm(Struct, frozen=True):
    """What to fill in; without fields, JSON only."""

    fields: tuple[Field, ...]
    body: str
    """The whole request as JSON, to be changed by hand."""


def try_form(signature: Mapping[str, Any], example: str) -> TryForm:
    """The form of a model with this signature; `example` is a request body, or empty."""
    columns = _columns(signature.get("inputs"))
    row = _first_row(example)
    fields = tuple(
        Field(name, kind, required, _text(row.get(name)))
        for name, kind, required in columns
        if len(columns) <= MOST_FIELDS
    )
    return TryForm(fields, _pretty(example) if example else _empty([name for name, *_ in columns]))


def _columns(found: Any) -> list[tuple[str, str, bool]]:
    if not isinstance(found, (list, tuple)):
        return []
    columns = [each for each in found if isinstance(each, dict)]
    simple = WHOLE | REAL | {"boolean", "string", "datetime"}
    # One column that is no plain value, or without a name, and fields would say less than JSON.
    if any(str(each.get("type")) not in simple or not isinstance(each.get("name"), str) for each in columns):
        return []
    return [(each["name"], str(each["type"]), each.get("required", True) is not False) for each in columns]


def _first_row(example: str) -> dict[str, Any]:
    try:
        data = json.loads(example).get("input_data") if example else None
    except (ValueError, AttributeError):
        return {}
    if not isinstance(data, dict) or not isinstance(data.get("columns"), list):
        return {}
    rows = data.get("data")
    first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], list) else []
    return {str(name): value for name, value in zip(data["columns"], first, strict=False)}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _pretty(example: str) -> str:
    """One line for each row of data: a table stays readable, and short."""
    try:
        return json.dumps(json.loads(example), indent=2) if len(example) < 400 else example  # noqa: PLR2004
    except ValueError:
        return example


def _empty(names: Sequence[str]) -> str:
    return json.dumps({"input_data": {"columns": list(names), "index": [0], "data": [[None] * len(names)]}}, indent=2)


def request_body(fields: Sequence[Field], given: Mapping[str, str]) -> bytes:
    """The request that a filled in form makes; `given` is by number of the field. Raises UserError that names a field
    which holds something else than its type.
    """
    row = [_value(field, given.get(str(number), "")) for number, field in enumerate(fields)]
    data = {"columns": [field.name for field in fields], "index": [0], "data": [row]}
    return json.dumps({"input_data": data}).encode()


def _value(field: Field, text: str) -> Any:
    if text == "" and field.type != "string":
        if field.required:
            raise UserError(f"{field.name} is empty", hint=f"it is to hold a {field.type}")
        return None
    try:
        if field.type in WHOLE:
            return int(text)
        if field.type in REAL:
            return float(text)
    except ValueError as error:
        raise UserError(f"{field.name} holds {text[:100]!r}", hint=f"it is to hold a {field.type}") from error
    return text == "true" if field.type == "boolean" else text


def json_body(text: str) -> bytes:
    """A request that was written by hand. Raises UserError that says where it is no JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"this is no JSON: {error}"[:300], hint="such as the model's own example") from error
    return text.encode()
