"""What each logging command does.

https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
"""

from __future__ import annotations

import os
import time
from pathlib import PurePath
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError, UserError
from drivetrain.plan.names.model import LONGEST_RUN_NAME, NOT_IN_RUN_NAME, is_run_name
from drivetrain.run.runner.attachments import FILE, LOG, LOG_NAME, SUMMARY, attach, job_path
from drivetrain.run.runner.commands import PREFIX, parse_command
from drivetrain.run.runner.details import take_detail
from drivetrain.run.runner.endpoints import set_endpoint
from drivetrain.run.runner.report_commands import handle
from drivetrain.run.runner.restrictions import PATH, allows_command, allows_variable
from drivetrain.run.runner.results import merged, parse_result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.run.runner.commands import LoggingCommand
    from drivetrain.run.runner.context import StepContext

PROGRESS_SECONDS = 0.25
"""Progress is recorded at most so often."""
DONE_SECONDS = 5.0
"""How long a program may go on that has said `done`, as with the agent."""
LONGEST_TAG = 256
_MULTILINE = "SYSTEM_UNSAFEALLOWMULTILINESECRET"
_OTHER_FLOWS = frozenset({"release"})
"""Areas of commands that Azure knows in classic releases only."""
_DOCS = "https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands"


class CommandHandler:
    """Carries out the commands of one step. A command never ends the job: at worst it fails its step."""

    def __init__(self, context: StepContext) -> None:
        self.context = context
        self.next_progress = 0.0

    def __call__(self, raw: bytes) -> None:
        """Carry out the command in a line of output."""
        line = raw.decode("utf-8", "surrogateescape")
        command = parse_command(line, percents=self._decodes_percents())
        if command is None:
            self.context.log.line(line)
            self.context.warning(
                f"'{line[:200]}' contains logging command keyword '##vso', but it's not a legal command. "
                f"Please see the list of accepted commands: {_DOCS}"
            )
            return
        known = AREAS.get(command.area)
        if command.area in _OTHER_FLOWS:
            self.context.log.line(line)
            self.context.fail(f"{command.area} commands are not supported for build flow. See {_DOCS}")
        elif known is None:
            self.context.warning(f"Cannot find command extension for ##vso[{command.area}.command]. See {_DOCS}")
        else:
            self._carry_out(known.get(command.event), command)

    def _decodes_percents(self) -> bool:
        return (self.context.job.variables.value("DECODE_PERCENTS") or "true").strip().lower() != "false"

    def _carry_out(self, handler: Handler | None, command: LoggingCommand) -> None:
        name = f"{PREFIX}{command.area}.{command.event}]"
        if handler is None:
            self.context.fail(f"{name} is not a recognized command for {command.area} command extension. See {_DOCS}")
            return
        if not all(allows_command(limit, command.area, command.event) for limit in self.context.limits):
            self.context.warning(f"{name} is not allowed in this step due to policy restrictions. See {_DOCS}")
            return
        try:
            handler(self, command)
        except DrivetrainError as error:
            self.context.fail(f"Unable to process command {name}: {error.message}")
        except OSError as error:
            self.context.fail(f"Unable to process command {name}: {error.strerror}: {error.filename}")
        self.context.debug(f"Processed: {name}")


def _set_variable(handler: CommandHandler, command: LoggingCommand) -> None:
    context, name = handler.context, command.properties.get("variable", "").strip()
    if not name:
        raise UserError("Required field 'variable' is missing in ##vso[task.setvariable] command.")
    secret, readonly = command.flag("issecret"), command.flag("isreadonly")
    context.job.variables.refuse_readonly(name)
    if secret:
        _refuse_lines(context, command.data)
        context.job.masker.add(command.data)
    if not _may_set(context, name):
        return
    if command.flag("isoutput"):
        set_output(context, name, command.data, secret=secret)
    else:
        context.job.variables.set(name, command.data, secret=secret, readonly=readonly)


def _may_set(context: StepContext, name: str) -> bool:
    """Whether the step's target lets it set this variable; a warning says so when it does not, as on Azure."""
    allowed = all(allows_variable(limit, name) for limit in context.limits)
    if not allowed:
        context.warning(f"Setting variable '{name}' has been disabled by the task or build definition.")
    return allowed


def _refuse_lines(context: StepContext, value: str) -> None:
    """Azure takes no secret of several lines, unless asked to."""
    if "\n" in value and not context.job.variables.flag(_MULTILINE):
        raise UserError(f"Secrets cannot contain multiple lines (unless the variable {_MULTILINE} is true)")


def _set_task_variable(handler: CommandHandler, command: LoggingCommand) -> None:
    context, name = handler.context, command.properties.get("variable", "").strip()
    if not name:
        raise UserError("Required field 'variable' is missing in ##vso[task.settaskvariable] command.")
    key, fixed = (context.plan.name, name.lower()), context.job.fixed_task_variables
    if key in fixed:
        raise UserError(f"Overwriting readonly task variable '{name}' is not permitted.")
    if command.flag("issecret"):
        _refuse_lines(context, command.data)
        context.job.masker.add(command.data)
    if command.flag("isreadonly"):
        fixed.add(key)
    context.task_variables[name] = command.data


def set_output(context: StepContext, name: str, value: str, *, secret: bool = False) -> None:
    """Set an output variable. Its own step may set it again; others may not, `isReadOnly` or not.

    ExecutionContext.SetVariable in https://github.com/microsoft/azure-pipelines-agent
    """
    context.job.variables.refuse_readonly(name)
    context.job.variables.define(f"{context.plan.name}.{name}", value, secret=secret, readonly=True)
    record_output(context, name, value, secret=secret)


def record_output(context: StepContext, name: str, value: str, *, secret: bool) -> None:
    """Tell the engine of an output variable; a secret one is sealed, and so is any value that holds a secret."""
    job = context.job
    secret = secret or job.masker.tells(value)
    job.record_sealed(
        "variable.set",
        {
            "step": context.index,
            "step_name": context.plan.name,
            "name": job.masker.name(name),
            "value": job.services.vault.seal(value) if secret else value,
            "output": True,
            "secret": secret,
        },
    )


def _set_secret(handler: CommandHandler, command: LoggingCommand) -> None:
    handler.context.job.masker.add(command.data)


def _prepend_path(handler: CommandHandler, command: LoggingCommand) -> None:
    if not _may_set(handler.context, PATH):
        return
    if not command.data:
        raise UserError("the path is missing")
    prepended = handler.context.job.prepended
    if command.data in prepended:
        prepended.remove(command.data)
    prepended.insert(0, command.data)


def _log_issue(handler: CommandHandler, command: LoggingCommand) -> None:
    kind = command.properties.get("type", "").lower()
    if not kind:
        handler.context.warning(
            "##vso[task.logissue] without `type`: it is left out. Write type=error or type=warning."
        )
        return
    if kind not in ("error", "warning"):
        raise UserError(f"issue type '{kind}' is neither error nor warning")
    given = command.properties
    place: dict[str, object] = {
        "file": _in_sources(handler.context, given.get("sourcepath", "")),
        "line": _number(given.get("linenumber", "")),
        "column": _number(given.get("columnnumber", "")),
        "code": given.get("code", ""),
    }
    shown = ""
    if place["file"]:
        shown = f"{place['file']}({place['line']},{place['column']}): {kind} {place['code']}: {command.data}"
    handler.context.issue(kind, command.data, shown, **{name: value for name, value in place.items() if value})


def _in_sources(context: StepContext, path: str) -> str:
    """A file of the sources as it is called there, as the agent does it; any other as it is given."""
    sources = context.job.variables.value("Build.SourcesDirectory")
    return path.removeprefix(f"{sources}/") if sources else path


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - enough for any file


def _complete(handler: CommandHandler, command: LoggingCommand) -> None:
    result = parse_result(command.properties.get("result", ""))
    if result is None:
        raise UserError("the property `result` must be Succeeded, SucceededWithIssues, Failed, Canceled or Skipped")
    handler.context.commanded = merged(handler.context.commanded, result)
    if command.data:  # What the official task library says here, it has said as an issue already.
        context = handler.context
        context.job.record("step.progress", step=context.index, percent=100, text=command.data[:1000])
    if command.flag("done"):
        handler.context.job.watch.end_step_in(DONE_SECONDS)


def _set_progress(handler: CommandHandler, command: LoggingCommand) -> None:
    now = time.monotonic()
    if now >= handler.next_progress:
        handler.next_progress = now + PROGRESS_SECONDS
        percent = min(100, _number(command.properties.get("value", "")))
        context = handler.context
        context.job.record("step.progress", step=context.index, percent=percent, text=command.data[:1000])


def _log_detail(handler: CommandHandler, command: LoggingCommand) -> None:
    context = handler.context
    context.job.record("step.detail", step=context.index, **take_detail(context.details, command))


def _upload_summary(handler: CommandHandler, command: LoggingCommand) -> None:
    attach(handler.context, SUMMARY, PurePath(command.data).name, command.data)


def _build_summary(handler: CommandHandler, command: LoggingCommand) -> None:
    attach(handler.context, SUMMARY, f"CustomMarkDownSummary-{PurePath(command.data).name}", command.data)


def _upload_file(handler: CommandHandler, command: LoggingCommand) -> None:
    attach(handler.context, FILE, PurePath(command.data).name, command.data)


def _upload_log(handler: CommandHandler, command: LoggingCommand) -> None:
    attach(handler.context, LOG, LOG_NAME, command.data)


def _add_attachment(handler: CommandHandler, command: LoggingCommand) -> None:
    for name in ("type", "name"):
        if not command.properties.get(name):
            raise UserError(f"Can't add task attachment, attachment {name} is not provided.")
    attach(handler.context, command.properties["type"], command.properties["name"], command.data)


def _set_endpoint(handler: CommandHandler, command: LoggingCommand) -> None:
    set_endpoint(handler.context.job, command)


def _debug(handler: CommandHandler, command: LoggingCommand) -> None:
    handler.context.debug(command.data)


def _upload_artifact(handler: CommandHandler, command: LoggingCommand) -> None:
    context = handler.context
    name = _artifact_name(command)
    if not command.data.strip():
        raise UserError("Artifact location is required.")
    publish_container(context, name, job_path(context, command.data))


def publish_container(context: StepContext, name: str, path: Path) -> None:
    """Publish a build artifact; a folder without any file only gets a warning, as on Azure."""
    if path.is_dir() and not any(files for _, _, files in os.walk(path)):
        context.warning(f"Directory '{path}' is empty. Nothing will be added to build artifact '{name}'.")
        return
    context.publish(name, str(path), kind="container")


def _associate_artifact(handler: CommandHandler, command: LoggingCommand) -> None:
    """ArtifactCommandExtension in https://github.com/microsoft/azure-pipelines-agent"""
    name, location = _artifact_name(command), command.data.strip()
    kind = command.properties.get("type", "") or command.properties.get("artifacttype", "")
    if not kind:
        kind = next((kind for prefix, kind in _LOCATIONS if location.startswith(prefix)), "")
    if not kind:
        raise UserError(f"Can't infer artifact type from artifact location: {location}.")
    if not location and kind.lower() in ("container", "filepath", "versioncontrol"):
        raise UserError("Artifact location is required.")
    handler.context.associate(name, location, kind=kind.lower())


_LOCATIONS = (("\\\\", "filepath"), ("$/", "versioncontrol"), ("$\\", "versioncontrol"), ("#", "container"))
"""How the location of an artifact begins -> what kind it is."""


def _artifact_name(command: LoggingCommand) -> str:
    name = command.properties.get("artifactname", "")
    if not name:
        raise UserError("Artifact Name is required.", hint="give the property `artifactname`")
    return name


def _update_build_number(handler: CommandHandler, command: LoggingCommand) -> None:
    number = command.data.strip()
    if not is_run_name(number):
        refused = " ".join(NOT_IN_RUN_NAME)
        raise UserError(
            f"a build number has 1 to {LONGEST_RUN_NAME} characters, none of {refused}, and no '.' at its end"
        )
    handler.context.job.variables.define("Build.BuildNumber", number)
    handler.context.job.record("run.number", number=number)


def _add_build_tag(handler: CommandHandler, command: LoggingCommand) -> None:
    tag = command.data.strip()
    if not tag or len(tag) > LONGEST_TAG:
        raise UserError(f"a tag has 1 to {LONGEST_TAG} characters")
    handler.context.job.record("run.tag", tag=tag)


def _publish_results(handler: CommandHandler, command: LoggingCommand) -> None:
    handle("publish_results", handler.context, command)


def _publish_coverage(handler: CommandHandler, command: LoggingCommand) -> None:
    handle("publish_coverage_results", handler.context, command)


def _nothing(_handler: CommandHandler, _command: LoggingCommand) -> None:
    """Said by Azure's own tasks; means nothing here."""


def _not_available(handler: CommandHandler, command: LoggingCommand) -> None:
    handler.context.warning(f"##vso[{command.area}.{command.event}] is not available in Drivetrain; it is left out.")


if TYPE_CHECKING:
    Handler = Callable[[CommandHandler, LoggingCommand], None]

AREAS: dict[str, dict[str, Handler]] = {
    "task": {
        "setvariable": _set_variable,
        "setsecret": _set_secret,
        "prependpath": _prepend_path,
        "logissue": _log_issue,
        "issue": _log_issue,
        "complete": _complete,
        "setprogress": _set_progress,
        "uploadsummary": _upload_summary,
        "uploadfile": _upload_file,
        "addattachment": _add_attachment,
        "debug": _debug,
        "logdetail": _log_detail,
        "settaskvariable": _set_task_variable,
        "setendpoint": _set_endpoint,
    },
    "artifact": {"upload": _upload_artifact, "associate": _associate_artifact},
    "build": {
        "updatebuildnumber": _update_build_number,
        "addbuildtag": _add_build_tag,
        "uploadlog": _upload_log,
        "uploadsummary": _build_summary,
    },
    "codecoverage": {"publish": _publish_coverage},
    "results": {"publish": _publish_results, "publishtoevidencestore": _nothing},
    "telemetry": {"publish": _nothing},
}
"""Area -> event -> what it does: all of the agent's but `release`, which is not for these pipelines, and
`plugininternal`, which is for the agent's own checkout only."""
