"""Results as the Azure CLI prints them: `--query` and `--output`."""

from __future__ import annotations

import datetime as dt
import enum
import json
from typing import Any

from .errors import WRONG, CommandError

FORMATS = ("json", "jsonc", "table", "tsv", "yaml", "yamlc", "none")
_NOT_IN_TABLES = frozenset({"id", "type", "etag", "revision"})
_NO_YAML = "PyYAML is needed for --output yaml: pip install pyyaml"
_NO_JMESPATH = "jmespath is needed for --query: pip install jmespath"


def plain(value: Any) -> Any:
    """A result of a client as JSON has it: objects by their public fields, named as the REST API names them."""
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if hasattr(value, "__dict__"):
        fields = {name: each for name, each in vars(value).items() if not name.startswith("_")}
        return {_camel(name): plain(each) for name, each in fields.items() if name != "additional_properties"}
    return str(value)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def queried(result: Any, query: str | None) -> Any:
    """The part of a result that a JMESPath query asks for. Raises CommandError when it is none."""
    if not query:
        return result
    try:
        import jmespath  # noqa: PLC0415 - only a query needs it
    except ImportError as error:
        raise CommandError(_NO_JMESPATH) from error
    try:
        return jmespath.search(query, result)
    except (jmespath.exceptions.JMESPathError, ValueError) as error:
        raise CommandError(f"argument --query: invalid jmespath_type value: {query!r}: {error}", WRONG) from error


def formatted(result: Any, form: str, *, asked: bool = False) -> str:
    """The text that is printed; empty when there is nothing to print. `asked`: a query has chosen the columns."""
    if result is None or form == "none":
        return ""
    if form in ("json", "jsonc"):
        return json.dumps(result, ensure_ascii=False, indent=2, sort_keys=True)
    if form in ("yaml", "yamlc"):
        try:
            import yaml  # noqa: PLC0415 - only this format needs it
        except ImportError as error:
            raise CommandError(_NO_YAML) from error

        text: str = yaml.safe_dump(result, default_flow_style=False, allow_unicode=True)
        return text.rstrip("\n")
    if form == "tsv":
        rows = result if isinstance(result, list) else [result]
        return "\n".join(map(_row, rows))
    return _table(result, asked=asked)


def _row(value: Any) -> str:
    if isinstance(value, dict):
        return "\t".join(_cell(value[name]) for name in sorted(value))
    if isinstance(value, list):
        return "\t".join(map(_cell, value))
    return _cell(value)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return str(len(value))
    return "" if value is None or isinstance(value, dict) else str(value)


def _table(result: Any, *, asked: bool) -> str:
    rows = [_columns(each, asked=asked) for each in (result if isinstance(result, list) else [result])]
    heads = list(dict.fromkeys(head for row in rows for head, text in row.items() if text or asked))
    if not heads:
        return ""
    cells = [[row.get(head, "") for head in heads] for row in rows]
    widths = [max(len(text) for text in column) for column in zip(heads, *cells)]
    lines = [heads, ["-" * width for width in widths], *cells]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _columns(value: Any, *, asked: bool) -> dict[str, str]:
    """What of a result a table shows: plain values, without what is long and says little."""
    if isinstance(value, list):
        return {f"Column{place}": _cell(each) for place, each in enumerate(value, 1)}
    if not isinstance(value, dict):
        return {"Result": _cell(value)}
    shown = {
        name: each
        for name, each in value.items()
        if not isinstance(each, (dict, list)) and (asked or name.lower() not in _NOT_IN_TABLES)
    }
    return {name[:1].upper() + name[1:]: _cell(each) for name, each in shown.items()}
