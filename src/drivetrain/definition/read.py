"""The station's verb: the text of a file to a Definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.definition.binding import bind_texts, to_json
from drivetrain.definition.convert.parameters import convert_parameters, payload_parameters
from drivetrain.definition.convert.pipeline import convert_pipeline
from drivetrain.definition.expand import expand
from drivetrain.definition.model import CompileContext, Definition, Extended
from drivetrain.definition.problems import Problems
from drivetrain.definition.scope import root_scope
from drivetrain.definition.shape import unexpected
from drivetrain.definition.validate import validate
from drivetrain.errors import DefinitionError, Position, Problem
from drivetrain.lang.tree import Mapping
from drivetrain.lang.yaml import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Values

    from drivetrain.definition.model import Parameter, TaskInfo
    from drivetrain.definition.ports import TemplateFiles
    from drivetrain.lang.values import Value

DEFAULT_FILE = "azure-pipelines.yml"


def decoded(data: bytes, file: str) -> str:
    """The text of a pipeline file. Raises DefinitionError with the place of the first byte that is not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = data.count(b"\n", 0, error.start) + 1, error.start - data.rfind(b"\n", 0, error.start)
        message = f"the file is not UTF-8: byte 0x{data[error.start]:02x}"
        problem = Problem(Position(file, line, column), message, "save it as UTF-8", code="encoding")
        raise DefinitionError([problem]) from error


def read_pipeline(
    text: str,
    *,
    file: str,
    tasks: Values[str, TaskInfo],
    parameters: Values[str, str] | None = None,
    context: CompileContext | None = None,
    assume_parameters: bool = False,
    files: TemplateFiles | None = None,
    path: str = "",
    explain: Callable[[Position, list[str]], None] | None = None,
) -> Definition:
    """Read, expand and check a pipeline file. All problems are in the result; `checked()` raises them.

    Args:
        text: what is in the file.
        file: its name in messages and positions.
        tasks: the tasks that can run, `Bash@3` -> what is known of it.
        parameters: values given to the pipeline's parameters; text, or YAML for objects.
        context: what else is known before the run exists.
        assume_parameters: let a parameter without any value be empty, as `lint` does.
        files: where template files are read from; None when only this text is known.
        path: the file's place in its repository, with forward slashes; its name alone by default.
        explain: told of every template expression as it is evaluated: its place, and the lines of Azure's logs.

    Raises:
        DefinitionError: nothing at all can be built of the text.
    """
    root = _load(text, file)
    problems = Problems()
    path = path or file.rpartition("/")[2]
    declared, values = _parameters(root, parameters or {}, problems, assume=assume_parameters)
    strict = not isinstance(root.get("parameters"), Mapping)
    scope = root_scope(values, context or CompileContext(), strict=strict, path=path)
    prefix = file.removesuffix(path) if file.endswith(path) else ""
    expansion = expand(root, scope, problems, files=files, prefix=prefix, explain=explain)
    node = expansion.root
    pipeline = convert_pipeline(node, declared, {name: to_json(value) for name, value in values.items()}, problems)
    pipeline = replace(pipeline, extends=tuple(Extended(each.path, each.alias) for each in expansion.extends))
    validate(pipeline, tasks, problems)
    return Definition(pipeline, node, problems.sorted(), (root, *expansion.sources))


def _parameters(
    root: Mapping, given: Values[str, str], problems: Problems, *, assume: bool
) -> tuple[tuple[Parameter, ...], dict[str, Value]]:
    """The declared parameters and the values of all. Raises DefinitionError for a wrong declaration: without it, most
    of what the file says could only be guessed at.
    """
    declared = convert_parameters(root.get("parameters"), problems)
    wrong = problems.errors > 0
    known = {parameter.name.lower() for parameter in declared}
    given = {name: text for name, text in given.items() if name.lower() in known} if wrong else given
    values = bind_texts((*declared, *payload_parameters(root)), given, problems, root.position, assume=assume)
    if wrong:
        raise DefinitionError(problems.sorted())
    return declared, values


def _load(text: str, file: str) -> Mapping:
    root = read(text, file=file)
    if isinstance(root, Mapping):
        return root
    hint = "a pipeline must be a mapping; the smallest is\n        steps:\n        - script: echo hello"
    raise DefinitionError([Problem(root.position, unexpected(root), hint, code="wrong-type")])
