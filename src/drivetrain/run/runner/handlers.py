"""What each logging command does.

https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError, UserError
from drivetrain.plan.model import LONGEST_RUN_NAME, NOT_IN_RUN_NAME, is_run_name
from drivetrain.run.runner.attachments import job_path, keep
from drivetrain.run.runner.commands import PREFIX, parse_command
from drivetrain.run.runner.results import merged, parse_result

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.run.runner.commands import LoggingCommand
    from drivetrain.run.runner.context import StepContext

PROGRESS_SECONDS = 0.25
"""Progress is recorded at most so often."""
LONGEST_TAG = 256
_DOCS = "https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands"


class CommandHandler:
    """Carries out the commands of one step. A command never ends the job: at worst it fails its step."""

    def __init__(self, context: StepContext) -> None:
        self.context = context
        self.next_progress = 0.0

    def __call__(self, raw: bytes) -> None:
        """Carry out the command in a line of output."""
        line = raw.decode("utf-8", "surrogateescape")
        command = parse_command(line)
        if command is None:
            self.context.log.line(line)
            self.context.warning(
                f"'{line[:200]}' contains logging command keyword '##vso', but it's not a legal command. "
                f"Please see the list of accepted commands: {_DOCS}"
            )
            return
        known = AREAS.get(command.area)
        if known is None:
            self.context.warning(f"##vso[{command.area}.{command.event}]: there is no command area '{command.area}'.")
            return
        self._carry_out(known.get(command.event), command)

    def _carry_out(self, handler: Handler | None, command: LoggingCommand) -> None:
        name = f"{PREFIX}{command.area}.{command.event}]"
        if handler is None:
            self.context.fail(f"{name} is not a command of area '{command.area}'. See {_DOCS}")
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
        raise UserError("the property `variable` is missing")
    secret, readonly = command.flag("issecret"), command.flag("isreadonly")
    if command.flag("isoutput"):
        set_output(context, name, command.data, secret=secret)
    else:
        context.job.variables.set(name, command.data, secret=secret, readonly=readonly)


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
        "file": given.get("sourcepath", ""),
        "line": _number(given.get("linenumber", "")),
        "column": _number(given.get("columnnumber", "")),
        "code": given.get("code", ""),
    }
    shown = ""
    if place["file"]:
        shown = f"{place['file']}({place['line']},{place['column']}): {kind} {place['code']}: {command.data}"
    handler.context.issue(kind, command.data, shown, **{name: value for name, value in place.items() if value})


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - enough for any file


def _complete(handler: CommandHandler, command: LoggingCommand) -> None:
    result = parse_result(command.properties.get("result", ""))
    if result is None:
        raise UserError("the property `result` must be Succeeded, SucceededWithIssues, Failed, Canceled or Skipped")
    handler.context.commanded = merged(handler.context.commanded, result)
    if command.data:
        handler.context.log.line(command.data)


def _set_progress(handler: CommandHandler, command: LoggingCommand) -> None:
    now = time.monotonic()
    if now >= handler.next_progress:
        handler.next_progress = now + PROGRESS_SECONDS
        percent = min(100, _number(command.properties.get("value", "")))
        context = handler.context
        context.job.record("step.progress", step=context.index, percent=percent, text=command.data[:1000])


def _upload_summary(handler: CommandHandler, command: LoggingCommand) -> None:
    context = handler.context
    context.job.record("log.summary", step=context.index, path=keep(context, command.data))


def _upload_file(handler: CommandHandler, command: LoggingCommand) -> None:
    handler.context.log.line(f"Kept with the run: {keep(handler.context, command.data)}")


def _debug(handler: CommandHandler, command: LoggingCommand) -> None:
    handler.context.debug(command.data)


def _upload_artifact(handler: CommandHandler, command: LoggingCommand) -> None:
    context = handler.context
    name = command.properties.get("artifactname", "") or command.properties.get("containerfolder", "")
    if not name:
        raise UserError("the property `artifactname` is missing")
    context.publish(name, str(job_path(context, command.data)), kind="container")


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
        "addattachment": _upload_file,
        "debug": _debug,
        "logdetail": _nothing,
        "settaskvariable": _nothing,
        "setendpoint": _not_available,
    },
    "artifact": {"upload": _upload_artifact, "associate": _not_available},
    "build": {
        "updatebuildnumber": _update_build_number,
        "addbuildtag": _add_build_tag,
        "uploadlog": _upload_file,
        "uploadsummary": _upload_summary,
    },
    "release": {"updatereleasename": _not_available},
    "codecoverage": {"publish": _not_available},
    "results": {"publish": _not_available, "publishtoevidencestore": _not_available},
    "telemetry": {"publish": _nothing},
    "plugininternal": {"updaterepositorypath": _not_available},
}
"""Area -> event -> what it does; all of the agent's."""
