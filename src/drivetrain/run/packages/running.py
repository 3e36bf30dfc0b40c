"""Carries a part of a task package out, as the agent does: TaskRunner.cs and Handlers/NodeHandler.cs in
https://github.com/microsoft/azure-pipelines-agent
"""

from __future__ import annotations

import os
import shutil
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from drivetrain.errors import UnavailableError, UserError
from drivetrain.run.packages.environment import task_environment
from drivetrain.run.packages.on_node import choose, node_program
from drivetrain.run.packages.power_shell import power_shell_command
from drivetrain.run.packages.secure_files import served
from drivetrain.run.packages.task_json import node_version
from drivetrain.run.runner.layout import AGENT_VERSION
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.runner.phases import Phase
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from drivetrain.run.library.model import Connection, SecureFile
    from drivetrain.run.packages.model import Handler, PackageInput, TaskPackage
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

_Kept = TypeVar("_Kept")
_EXITED = "Exit code {{}} returned from process: file name '{program}', arguments '{arguments}'."
_DEPRECATED = "Task '{title}' version {major} ({name}@{major}) is deprecated."


def declared(package: TaskPackage) -> Declared:
    """A package as the other tasks are declared. What it needs it asks for itself."""
    return Declared(
        package.title,
        package.description,
        (),
        {each.name: each.default for each in package.inputs},
        {alias: each.name for each in package.inputs for alias in each.aliases},
        version=package.version_text,
        author=package.author,
        help=package.help,
        takes_others=True,
    )


def parts(package: TaskPackage, folder: Path) -> dict[Phase, Callable[[StepContext], Outcome]]:
    """What runs at each time of a job. The step itself is there even for a task that only does something before."""
    found = {Phase.BEFORE: package.before, Phase.MAIN: package.main, Phase.AFTER: package.after}
    return {
        phase: partial(_run, package=package, folder=folder, handlers=handlers)
        for phase, handlers in found.items()
        if handlers or phase is Phase.MAIN
    }


def _run(context: StepContext, *, package: TaskPackage, folder: Path, handlers: Sequence[Handler]) -> Outcome:
    if not handlers:
        context.log.line("This task has nothing to do at this time.")
        return SUCCEEDED
    if context.container is not None:
        context.warning("A task package runs on this machine, not in the container.")
        context.on_host = True
    _check(context, package)
    environment, files = _environment(context, package)
    with served(context, files) as address:
        return _carry_out(context, folder, handlers, {**environment, **address})


def _carry_out(
    context: StepContext, folder: Path, handlers: Sequence[Handler], environment: Mapping[str, str]
) -> Outcome:
    if all(node_version(handler.kind) is None for handler in handlers):
        return _on_power_shell(context, folder / handlers[0].target, environment)
    program, version = node_program(context)
    handler, fits = choose(handlers, version)
    if not fits:
        context.warning(
            f"This task was written for Node.js {node_version(handler.kind)}; here is {version}, which runs it."
        )
    context.debug(f"Using node path: {program}")
    target = str(folder / handler.target)
    ended = context.run([program, target], handler.working_directory or context.default_folder, env=environment)
    return context.outcome(ended, message=_exited(program, target))


def _exited(program: str, target: str) -> str:
    return _EXITED.format(program=_plain(program), arguments=f'"{_plain(target)}"')


def _plain(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _on_power_shell(context: StepContext, target: Path, environment: Mapping[str, str]) -> Outcome:
    program = shutil.which("pwsh", path=context.environment()["PATH"])
    if program is None:
        raise UnavailableError(
            "This task runs on PowerShell, and there is none here.",
            hint="install PowerShell 7: https://aka.ms/install-powershell",
        )
    arguments = power_shell_command(target, debug=context.job.variables.flag("System.Debug"))
    ended = context.run([program, *arguments], str(target.parent), env=environment)
    return context.outcome(ended, message=_exited(program, str(target)))


def _check(context: StepContext, package: TaskPackage) -> None:
    """What Azure looks at before a job is given to an agent. Raises UserError."""
    if package.deprecated is not None:
        name, major = package.name, package.version[0]
        context.warning(_DEPRECATED.format(title=package.title, name=name, major=major))
        if package.deprecated:
            context.warning(package.deprecated)
    if _numbers(package.minimum_agent) > _numbers(AGENT_VERSION):
        raise UserError(
            f"{package.name}@{package.version_text} needs an agent of version {package.minimum_agent}; "
            f"Drivetrain does what {AGENT_VERSION} does.",
            hint="use an older version of the task",
        )
    for demand in package.demands:
        if not _is_met(demand, context):
            context.warning(f"The task asks for '{demand}', and there is no such program here.")


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdecimal()]


def _is_met(demand: str, context: StepContext) -> bool:
    """An agent's capabilities are the programs that it has found, and its environment variables. What is demanded with
    a value (`Agent.Version -gtVersion 2.1`) is for the server."""
    name = demand.strip()
    if not name or " " in name or name.lower() in _ALWAYS or name in os.environ:
        return True
    return shutil.which(name.lower(), path=context.environment()["PATH"]) is not None


_ALWAYS = frozenset({"node.js", "sh", "agent.version", "agent.os"})


def _environment(context: StepContext, package: TaskPackage) -> tuple[dict[str, str], list[SecureFile]]:
    """What the task finds in its environment, and the secure files among that."""
    known = {each.name.lower(): each for each in package.inputs}
    inputs = dict(_inputs(context, known))
    connections: list[Connection] = []
    files: list[SecureFile] = []
    for name, value in inputs.items():
        each = known.get(name.lower())
        if each is not None and each.names_connections:
            found = _found(value, context.job.connections)
            connections += found.values()
            inputs[name] = _by_id(value, {called: connection.id for called, connection in found.items()})
        elif each is not None and each.names_secure_files:
            secured = _found(value, context.job.secure_files)
            files += secured.values()
            inputs[name] = _by_id(value, {called: file.id for called, file in secured.items()})
    return task_environment(context.job, inputs, connections, files), files


def _inputs(context: StepContext, known: Mapping[str, PackageInput]) -> Iterator[tuple[str, str]]:
    """Paths are absolute: an empty one is the default working directory. What the task does not know it gets too."""
    for each in known.values():
        is_path = each.type.lower() == "filepath"
        yield each.name, context.inputs.path(each.name) if is_path else context.inputs.text(each.name)
    aliases = {alias.lower() for each in known.values() for alias in each.aliases}
    for name, value in context.plan.inputs.items():
        if name.strip() and name.lower() not in known and name.lower() not in aliases:
            yield name.strip(), context.job.variables.expand(value).strip()


def _found(value: str, kept: Mapping[str, _Kept]) -> dict[str, _Kept]:
    """What is named in an input, by the name it is called by there; several have commas between."""
    names = [name.strip() for name in value.split(",")]
    return {name: kept[name.lower()] for name in names if name.lower() in kept}


def _by_id(value: str, ids: Mapping[str, str]) -> str:
    """Tasks know connections and files by their ids; what is not known stays as it is."""
    return ",".join(ids.get(name.strip(), name.strip()) for name in value.split(","))
