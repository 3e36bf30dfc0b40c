"""An OpenAPI 3.0 description, held against requests and answers as they really go over the wire."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FORMATS = {"uri": "https://example.com", "date-time": "2026-01-02T03:04:05Z", "email": "ada@example.com"}
_PLAIN: Mapping[str, Any] = {"integer": 1, "number": 1.0, "boolean": False, "string": "text"}


class Operation:
    """A method at a path."""

    def __init__(self, root: Mapping[str, Any], template: str, found: Mapping[str, Any], base: str) -> None:
        self._root, self._found, self.template = root, found, template
        names = re.sub(r"\{(\w+)\}", "([^/]+)", template)
        names = re.sub(r"\(\[\^/\]\+\)$", "(.+)", names) if "matching-refs" in template else names
        self.pattern = re.compile(re.escape(base) + names)

    @cached_property
    def queries(self) -> set[str]:
        """The names that a query may have."""
        every = [self._at(each) for each in self._found.get("parameters", ())]
        return {each["name"] for each in every if each["in"] == "query"}

    def request_schema(self) -> dict[str, Any] | None:
        """Of the body, with no names but those that are described."""
        body = self._found.get("requestBody")
        found: dict[str, Any] | None = body and self._at(body)["content"]["application/json"]["schema"]
        return found

    def answer_schema(self, status: int) -> dict[str, Any] | None:
        """Of the body of an answer; None when it has none."""
        answer = self._found["responses"][str(status)]
        found: dict[str, Any] | None = self._at(answer).get("content", {}).get("application/json", {}).get("schema")
        return found

    def statuses(self) -> set[int]:
        """Those that it may answer with."""
        return {int(each) for each in self._found["responses"] if each.isdecimal()}

    def _at(self, found: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in found:
            found = resolved(self._root, found["$ref"])
        return found


def resolved(root: Mapping[str, Any], reference: str) -> Any:
    found: Any = root
    for name in reference.removeprefix("#/").split("/"):
        found = found[name.replace("~1", "/").replace("~0", "~")]
    return found


class Description:
    """The whole description."""

    def __init__(self, path: Path, base: str = "") -> None:
        self.root = json.loads(path.read_bytes())
        self._operations = [
            (method.upper(), Operation(self.root, template, found, base))
            for template, methods in self.root["paths"].items()
            for method, found in methods.items()
        ]
        self._validators: dict[str, jsonschema_rs.Validator] = {}

    def operation(self, method: str, target: str) -> Operation:
        """What a request is by its path: the template with the fewest names. Fails when there is none."""
        path = unquote(urlsplit(target).path)
        fitting = [each for verb, each in self._operations if verb == method and each.pattern.fullmatch(path)]
        assert fitting, f"the description knows no {method} {path}"
        return min(fitting, key=lambda each: each.template.count("{"))

    def check_request(self, method: str, target: str, body: bytes) -> Operation:
        """Fail when the request is not as described."""
        operation = self.operation(method, target)
        unknown = {name for name, _ in parse_qsl(urlsplit(target).query)} - operation.queries
        assert not unknown, f"{method} {operation.template} has no parameters {unknown}"
        schema = operation.request_schema()
        if body:
            assert schema is not None, f"{method} {operation.template} takes no body"
            self.check(schema, json.loads(body), f"{method} {operation.template}", closed=True)
        return operation

    def check(self, schema: Mapping[str, Any], value: Any, what: str, *, closed: bool = False) -> None:
        """Fail when a value is not as its schema says; `closed`: no names but those it describes."""
        key = f"{closed} {json.dumps(schema, sort_keys=True)}"
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.Draft202012Validator(self._bundled(schema, closed=closed))
        problems = [f"{each.instance_path}: {each.message}" for each in self._validators[key].iter_errors(value)]
        assert not problems, f"{what}: {problems[:5]}"

    def _bundled(self, schema: Any, *, closed: bool) -> dict[str, Any]:
        """The schema as JSON Schema, with only those components that it needs."""
        needed: dict[str, Any] = {}
        waiting = [json.dumps(schema)]
        while waiting:
            for reference in set(re.findall(r'"\$ref": "(#/[^"]+)"', waiting.pop())) - set(needed):
                needed[reference] = resolved(self.root, reference)
                waiting.append(json.dumps(needed[reference]))
        places = {_place(reference): _plain(found, closed=closed) for reference, found in needed.items()}
        return {**_plain(schema, closed=closed), "$defs": places}

    def example(self, schema: Mapping[str, Any], given: Any = None) -> Any:
        """The smallest value that a schema allows, with what is given in it: an answer with everything required."""
        while "$ref" in schema:
            schema = resolved(self.root, schema["$ref"])
        for word in ("allOf", "anyOf", "oneOf"):
            if word in schema and "properties" not in schema:
                return self.example(schema[word][0], given)
        if schema.get("type") == "array" or isinstance(given, list):
            return [self.example(schema["items"], each) for each in given or ()]
        if "properties" in schema and (given is not None or not schema.get("nullable")):
            return self._object(schema, given or {})
        if given is not None or schema.get("nullable"):
            return given
        if "enum" in schema:
            return schema["enum"][0]
        if "pattern" in schema:
            return "2026-01-02T03:04:05Z"
        return _FORMATS.get(schema.get("format", "")) or _PLAIN.get(schema.get("type", ""), {})

    def _object(self, schema: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        names = {*schema.get("required", ()), *given}
        known = schema["properties"]
        return {name: self.example(known.get(name, {}), given.get(name)) for name in sorted(names)}


def _place(reference: str) -> str:
    return reference.removeprefix("#/").replace("/", ".")


def _plain(schema: Any, *, closed: bool) -> Any:
    """OpenAPI 3.0's `nullable` as JSON Schema says it; `closed`: objects have no names but their own."""
    if isinstance(schema, list):
        return [_plain(each, closed=closed) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        return {"$ref": f"#/$defs/{_place(schema['$ref'])}"}
    skipped = {"example", "examples", "default", "nullable", "discriminator"}
    found = {
        name: value if name in {"enum", "required"} else _plain(value, closed=closed)
        for name, value in schema.items()
        if name not in skipped or name in schema.get("properties", {})
    }
    if "properties" in schema and isinstance(schema["properties"], dict) and closed:
        found.setdefault("additionalProperties", False)
    return {"anyOf": [found, {"type": "null"}]} if schema.get("nullable") is True else found
