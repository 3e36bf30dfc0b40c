"""Problems as SARIF 2.1.0, which code hosts and editors show beside the lines.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from drivetrain import __version__
from drivetrain.definition.lint import RULES
from drivetrain.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.definition.lint.rule import Rule
    from drivetrain.errors import Problem

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_NO_CODE = "problem"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning"}
_RULES = {rule.code: rule for rule in RULES}


def sarif(problems: Sequence[Problem]) -> dict[str, Any]:
    """The log of one run of `lint`; the rules by their codes, the results in the order given."""
    codes = sorted({problem.code or _NO_CODE for problem in problems} | _RULES.keys())
    indexes = {code: index for index, code in enumerate(codes)}
    driver = {
        "name": "drivetrain",
        "version": __version__,
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, indexes) for problem in problems],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    """A rule of lint, or a problem of reading a file, which the page on the language lists."""
    rule = _RULES.get(code)
    words = code.replace("-", " ")
    title = rule.title if rule else f"{words.capitalize()}."
    text = _plain(rule) if rule else f"{title} The page on the language explains the codes of problems."
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in words.split()),
        "shortDescription": {"text": title},
        "fullDescription": {"text": text},
        "help": {"text": text, **({"markdown": rule.help} if rule else {})},
        "defaultConfiguration": {"level": _LEVELS[rule.severity if rule else Severity.ERROR]},
    }


def _plain(rule: Rule) -> str:
    return rule.help.replace("`", "")


def _result(problem: Problem, indexes: Mapping[str, int]) -> dict[str, Any]:
    code = problem.code or _NO_CODE
    hint = f"\n{problem.hint}" if problem.hint else ""
    position = problem.position
    return {
        "ruleId": code,
        "ruleIndex": indexes[code],
        "level": _LEVELS[problem.severity],
        "message": {"text": f"{problem.message}{hint}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(position.file)},
                    "region": {"startLine": max(position.line, 1), "startColumn": max(position.column, 1)},
                }
            }
        ],
    }


def _uri(file: str) -> str:
    """Relative to this folder, where a file lies below it, as readers of the log want it; else absolute."""
    path = Path(os.path.normpath(Path.cwd() / file))
    return quote(path.relative_to(Path.cwd()).as_posix()) if path.is_relative_to(Path.cwd()) else path.as_uri()
