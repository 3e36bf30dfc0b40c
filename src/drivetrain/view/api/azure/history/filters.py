"""The filters of Azure's run history: OData's words, but with values and names that stand there without quotes, as
azureml-core writes them (`azureml/_restclient/_odata`). Pure.

    ((Tags/build number eq 20191010.2) and (ParentRunId eq null))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from drivetrain.errors import UserError

_COMPARISON = re.compile(r"\s*(?P<field>[^()]+?)\s+(?P<op>eq|ne|ge|gt|le|lt)\s+", re.IGNORECASE)
_JOIN = re.compile(r"\s*(and|or)\s+", re.IGNORECASE)
_QUOTED = re.compile(r"""(["'])(?:.*?)\1(?=\s*(?:$|\)|(?:and|or)\s))""", re.DOTALL | re.IGNORECASE)
_DEEPEST, _LONGEST = 50, 20_000
_MAPS = {"tags": "tags", "properties": "properties"}


class Comparison(Struct, frozen=True):
    """One comparison: `value` None is the word null."""

    field: str
    op: str
    value: str | None


class Joined(Struct, frozen=True):
    """Comparisons that all hold (`and`), or one of which does (`or`)."""

    word: str
    parts: tuple[Comparison | Joined, ...]


Expression = Comparison | Joined


def parse(written: str) -> Expression | None:
    """The filter that a text means; None for an empty one. Raises UserError."""
    if not written.strip():
        return None
    if len(written) > _LONGEST:
        raise UserError(f"a filter is longer than {_LONGEST} characters")
    reader = _Reader(written)
    found = reader.joined("or", 0)
    if reader.rest.strip():
        raise UserError(f"the filter cannot be read from here: {reader.rest[:80]}")
    return found


class _Reader:
    def __init__(self, written: str) -> None:
        self.rest = written

    def joined(self, word: str, depth: int) -> Expression:
        parts = [self._part(word, depth)]
        while (match := _JOIN.match(self.rest)) and match[1].lower() == word:
            self.rest = self.rest[match.end() :]
            parts.append(self._part(word, depth))
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def _part(self, word: str, depth: int) -> Expression:
        return self.joined("and", depth) if word == "or" else self._primary(depth)

    def _primary(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise UserError(f"the filter is nested deeper than {_DEEPEST}")
        self.rest = self.rest.lstrip()
        if not self.rest.startswith("("):
            return self._comparison()
        self.rest = self.rest[1:]
        found = self.joined("or", depth + 1)
        self.rest = self.rest.lstrip()
        if not self.rest.startswith(")"):
            raise UserError(f"a ')' is missing in the filter before: {self.rest[:80] or 'its end'}")
        self.rest = self.rest[1:]
        return found

    def _comparison(self) -> Comparison:
        match = _COMPARISON.match(self.rest)
        if match is None:
            raise UserError(f"the filter has no comparison here: {self.rest[:80]}")
        self.rest = self.rest[match.end() :]
        value = self._value()
        return Comparison(match["field"].strip(), match["op"].lower(), None if value == "null" else _unquoted(value))

    def _value(self) -> str:
        """In quotes, or up to a word that joins or a bracket that closes ours: a value may hold brackets in pairs."""
        if quoted := _QUOTED.match(self.rest):
            return self._take(quoted.end())
        depth = 0
        for place, sign in enumerate(self.rest):
            if sign == ")" and not depth:
                return self._take(place)
            depth += (sign == "(") - (sign == ")")
            if sign == " " and not depth and _JOIN.match(self.rest, place):
                return self._take(place)
        return self._take(len(self.rest))

    def _take(self, end: int) -> str:
        found, self.rest = self.rest[:end], self.rest[end:]
        return found.strip()


def _unquoted(value: str) -> str:
    if _QUOTED.fullmatch(value):
        return value[1:-1].replace("''", "'") if value[0] == "'" else value[1:-1]
    return value


def holds(wanted: Expression | None, document: Mapping[str, Any]) -> bool:
    """Whether a document (`RunDto`, `ExperimentDto`) is one that the filter wants."""
    match wanted:
        case None:
            return True
        case Joined("and", parts):
            return all(holds(part, document) for part in parts)
        case Joined(_, parts):
            return any(holds(part, document) for part in parts)
        case Comparison(field, op, value):
            return _compare(_value_of(document, field), op, value, presence="/" in field)
    return False


def required_tags(wanted: Expression | None) -> dict[str, str]:
    """The tags that every run the filter wants has: what MLflow may be asked for instead of for all."""
    match wanted:
        case Joined("and", parts):
            return {key: value for part in parts for key, value in required_tags(part).items()}
        case Comparison(field, "eq", str(value)) if field.lower().startswith("tags/"):
            return {field.partition("/")[2]: value}
    return {}


_MISSING: Any = object()


def _value_of(document: Mapping[str, Any], field: str) -> Any:
    first, slash, rest = field.partition("/")
    by_name = {key.lower(): value for key, value in document.items()}
    found = by_name.get(first.lower())
    if not slash:
        return found
    if not isinstance(found, dict):
        return _MISSING
    if first.lower() in _MAPS:
        return found.get(rest, _MISSING)
    if isinstance(found.get("traits"), list) and rest.lower().startswith("traits/"):
        return rest.partition("/")[2] if rest.partition("/")[2] in found["traits"] else _MISSING
    return {key.lower(): value for key, value in found.items()}.get(rest.lower(), _MISSING)


_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "ge": lambda a, b: a >= b,
    "gt": lambda a, b: a > b,
    "le": lambda a, b: a <= b,
    "lt": lambda a, b: a < b,
}


def _compare(found: Any, op: str, value: str | None, *, presence: bool) -> bool:
    """`X/key eq null or X/key ne null` is how Azure asks whether a key is there at all: for a key that is not, neither
    holds.
    """
    if found is _MISSING:
        return False
    if value is None:
        null = found is None
        return (null if op == "eq" else not null) if op in ("eq", "ne") else False
    if op in ("eq", "ne"):
        return (_same(found, value, presence=presence)) is (op == "eq")
    return found is not None and _ORDERED[op](*_sortable(str(found), value))


def _same(found: Any, value: str, *, presence: bool) -> bool:
    if isinstance(found, bool):
        return str(found).lower() == value.lower()
    return str(found) == value if presence or found is not None else False


def _sortable(found: str, value: str) -> tuple[Any, Any]:
    try:
        return _time(found), _time(value)
    except ValueError:
        return found, value


def _time(written: str) -> datetime:
    found = datetime.fromisoformat(written)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
