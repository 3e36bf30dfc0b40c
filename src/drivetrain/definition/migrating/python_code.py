"""What a Python program imports of Azure's packages."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

from drivetrain.definition.migrating.table import MODULES, NAMES
from drivetrain.errors import Position, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.definition.migrating.table import Entry

CODE = "not-served"
PARTLY = "partly-served"


def problem(position: Position, subject: str, entry: Entry) -> Problem:
    """What the table says, as something that `lint` would say."""
    if entry.served:
        return Problem(position, f"{subject} is served in part: {entry.about}", entry.hint, Severity.WARNING, PARTLY)
    return Problem(position, f"{subject} is not served here: {entry.about}", entry.hint, Severity.ERROR, CODE)


def in_program(text: str, file: str) -> Iterator[Problem]:
    """The imports of a program. One that cannot be parsed (Python 2, a template) has none."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        for line, column, name in _imported(node):
            entry = _entry(name)
            if entry is not None:
                yield problem(Position(file, line, column + 1), name, entry)


def in_notebook(text: str, file: str) -> Iterator[Problem]:
    """The same of the cells of a notebook; the position is the line of the file that holds the line of code."""
    try:
        cells = json.loads(text)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, LookupError, TypeError):
        return
    lines = text.split("\n")
    for source in sources:
        code = "\n".join("pass" if line.lstrip()[:1] in {"%", "!"} else line for line in source.split("\n"))
        for found in in_program(code, file):
            written = json.dumps(code.split("\n")[found.position.line - 1])[1:-1]
            number = next((at for at, line in enumerate(lines, 1) if written in line), 1)
            column = max(lines[number - 1].find(written), 0) + 1
            yield Problem(Position(file, number, column), found.message, found.hint, found.severity, found.code)


def _imported(node: ast.AST) -> Iterator[tuple[int, int, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield node.lineno, node.col_offset, alias.name
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            yield node.lineno, node.col_offset, f"{node.module}.{alias.name}"


def _entry(name: str) -> Entry | None:
    if name in NAMES:
        return NAMES[name]
    parts = name.split(".")
    prefixes = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((MODULES[prefix] for prefix in prefixes if prefix in MODULES), None)
