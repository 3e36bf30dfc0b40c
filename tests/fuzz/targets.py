"""What is fuzzed: any bytes become a value or an error that has its place, and never anything else.

`scripts/fuzz` feeds these; `test_inputs.py` feeds them what was found once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.final_yaml import final
from drivetrain.definition.read import read_pipeline
from drivetrain.errors import DefinitionError, NotFoundError, UserError
from drivetrain.lang.expressions import Context, ExpressionError, evaluate, parse
from drivetrain.lang.tree import Mapping
from drivetrain.lang.yaml import write
from drivetrain.plan.compile import compile_plan
from drivetrain.run.tasks.catalog import CATALOG
from drivetrain.source.hosts.model import HostKind
from drivetrain.source.webhooks.hosts import hear
from drivetrain.source.webhooks.model import Delivery, Ignored
from drivetrain.source.webhooks.payload import MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.definition.model import Definition, RepositoryResource
    from drivetrain.errors import Problem
    from drivetrain.lang.values import Value

SEPARATOR = "\x1e"
"""Between the pipeline and the template that it may include as `t.yml`."""
VALUES: dict[str, Value] = {
    "parameters": {"text": "abc", "flag": True, "list": ["a", {"id": "1"}, None], "object": {"key": {"deep": "x"}}},
    "variables": {"a": "1.2.3", "b": "", "Build.Reason": "Manual"},
}


class _Files:
    def __init__(self, template: str) -> None:
        self._template = template

    def read(self, path: str, repository: RepositoryResource | None) -> str:
        if path == "t.yml" and repository is None:
            return self._template
        raise NotFoundError(f"File /{path} not found")


def pipeline(data: bytes) -> None:
    """A pipeline file and a template: read, expanded, checked, printed, read again, planned."""
    text, _, template = data.decode("utf-8", "replace").partition(SEPARATOR)
    try:
        definition = _read(text, template)
        _check(definition.problems)
        if definition.ok and isinstance(definition.node, Mapping):
            printed = write(final(definition.node))
            again = _read(printed, template)
            assert isinstance(again.node, Mapping)
            assert write(final(again.node)) == printed, "printing is not a fixed point"
            compile_plan(definition.checked(), name="p", tasks=CATALOG)
    except DefinitionError as error:
        _check(error.problems)


def expression(data: bytes) -> None:
    """An expression: parsed and evaluated."""
    text = data.decode("utf-8", "replace")
    try:
        evaluate(parse(text), Context(VALUES, {"succeeded": lambda _: True}))
    except ExpressionError as error:
        if not error.message or not 0 <= error.position <= len(text):
            raise AssertionError(f"{error.message!r} at {error.position}") from error


def _read(text: str, template: str) -> Definition:
    return read_pipeline(text, file="f.yml", tasks=CATALOG, assume_parameters=True, files=_Files(template))


def _check(problems: Sequence[Problem]) -> None:
    for problem in problems:
        assert problem.message
        assert problem.code
        assert problem.position.line >= 1
        assert problem.position.column >= 1


def delivery(data: bytes) -> None:
    """What a webhook delivers: host, event and body, a line each. What it says is data, or it is refused in words."""
    host, _, rest = data.partition(b"\n")
    event, _, body = rest.partition(b"\n")
    kind = list(HostKind)[len(host) % len(HostKind)]
    name = next((each for each in HostKind if each.encode() == host), kind)
    try:
        heard = hear(Delivery(1, name, "", "", event.decode("utf-8", "replace"), {}, body, ""))
    except UserError as error:
        if not (error.message and error.hint):
            raise AssertionError(f"it says neither what nor what next: {error!r}") from error
        return
    assert len(heard.repository) <= 3 * MAX_TEXT + 2
    assert not isinstance(heard.said, Ignored) or heard.said.why


TARGETS = {"expression": expression, "pipeline": pipeline, "delivery": delivery}
