"""The signature of a model as OpenAPI, in Azure's form: `POST /score`, with a bearer.

https://learn.microsoft.com/azure/machine-learning/how-to-deploy-online-endpoints (swagger.json)
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_TYPES: dict[str, dict[str, Any]] = {
    "double": {"type": "number", "format": "double"},
    "float": {"type": "number", "format": "float"},
    "long": {"type": "integer", "format": "int64"},
    "integer": {"type": "integer", "format": "int32"},
    "boolean": {"type": "boolean"},
    "string": {"type": "string"},
    "datetime": {"type": "string", "format": "date-time"},
    "binary": {"type": "string", "format": "byte"},
}


def openapi_of(
    inputs: Sequence[dict[str, Any]],
    outputs: Sequence[dict[str, Any]],
    params: Sequence[dict[str, Any]] = (),
    example: str = "",
) -> dict[str, Any]:
    """The document; empty when the inputs are not known."""
    if not inputs:
        return {}
    request: dict[str, Any] = {
        "type": "object",
        "required": ["input_data"],
        "properties": {"input_data": _tensors(inputs) if "tensor-spec" in inputs[0] else _frame(inputs)},
    }
    if params:
        request["properties"]["params"] = {"type": "object", "properties": {str(p["name"]): _param(p) for p in params}}
    if example:
        request["example"] = json.loads(example)
    return {
        "openapi": "3.0.3",
        "info": {"title": "Online endpoint", "version": "1.0"},
        "paths": {"/score": {"post": _score()}},
        "security": [{"bearerAuth": []}],
        "components": {
            "securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer"}},
            "schemas": {"ServiceInput": request, "ServiceOutput": _answer(outputs)},
        },
    }


def _score() -> dict[str, Any]:
    def content(name: str) -> dict[str, Any]:
        return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}

    return {
        "operationId": "RunMLService",
        "description": "Run the model",
        "requestBody": {"required": True, "content": content("ServiceInput")},
        "responses": {
            "200": {"description": "The predictions", "content": content("ServiceOutput")},
            "400": {"description": "The request does not fit the model's signature"},
        },
    }


def _frame(inputs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    names = [str(each.get("name", at)) for at, each in enumerate(inputs)]
    row = {"type": "array", "minItems": len(names), "maxItems": len(names), "items": _any_of(inputs)}
    columns = {"type": "array", "items": {"type": "string", "enum": names}, "default": names}
    return {
        "type": "object",
        "required": ["columns", "data"],
        "properties": {
            "columns": columns,
            "index": {"type": "array", "items": {"type": "integer"}},
            "data": {"type": "array", "items": row},
        },
        "x-columns": [
            {"name": n, **_type(each), "required": _required(each)} for n, each in zip(names, inputs, strict=True)
        ],
    }


def _any_of(inputs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    kinds: list[dict[str, Any]] = []
    for each in inputs:
        kind = _type(each) if _required(each) else {**_type(each), "nullable": True}
        if kind not in kinds:
            kinds.append(kind)
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


def _required(column: dict[str, Any]) -> bool:
    return bool(column.get("required", not column.get("optional", False)))


def _type(column: dict[str, Any]) -> dict[str, Any]:
    return dict(_TYPES.get(str(column.get("type")), {}))


def _param(param: dict[str, Any]) -> dict[str, Any]:
    kind = _type(param)
    return {**kind, "default": param["default"]} if param.get("default") is not None else kind


def _tensors(inputs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if len(inputs) == 1 and not inputs[0].get("name"):
        return _nested(inputs[0])
    return {
        "type": "object",
        "required": [str(each.get("name")) for each in inputs],
        "properties": {str(each.get("name")): _nested(each) for each in inputs},
    }


def _nested(tensor: dict[str, Any]) -> dict[str, Any]:
    spec = tensor.get("tensor-spec", {})
    dtype = str(spec.get("dtype", ""))
    found: dict[str, Any] = {"type": "integer" if dtype.startswith(("int", "uint")) else "number"}
    if dtype in ("str", "object", "bool"):
        found = {"type": "boolean" if dtype == "bool" else "string"}
    for size in reversed(spec.get("shape", [])):
        found = {"type": "array", "items": found}
        if size != -1:
            found |= {"minItems": size, "maxItems": size}
    return found


def _answer(outputs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if not outputs:
        return {"type": "array", "items": {}}
    if "tensor-spec" in outputs[0] and len(outputs) == 1:
        return _nested(outputs[0])
    if len(outputs) == 1 and not outputs[0].get("name"):
        return {"type": "array", "items": _type(outputs[0])}
    record = {str(each.get("name", at)): _type(each) for at, each in enumerate(outputs)}
    return {"type": "array", "items": {"type": "object", "properties": record}}
