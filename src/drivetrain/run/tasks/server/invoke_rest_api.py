"""InvokeRESTAPI@1: call a REST API, and let what it answers decide. A task of the server.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/invoke-rest-api-v1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.lang.expressions import Context, ExpressionError, Trace, evaluate_boolean, parse
from drivetrain.run.callbacks import read_completion
from drivetrain.run.model import Result
from drivetrain.run.runner.outcome import SUCCEEDED, Outcome
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.server.calling import Answer, NoAnswerError, Request, call, headers_of

if TYPE_CHECKING:
    from drivetrain.lang.values import Value
    from drivetrain.run.runner.context import StepContext

HEADERS = (
    '{"Content-Type":"application/json", "PlanUrl": "$(system.CollectionUri)", "ProjectId": "$(system.TeamProjectId)", '
    '"HubName": "$(system.HostType)", "PlanId": "$(system.PlanId)", "JobId": "$(system.JobId)", '
    '"TimelineId": "$(system.TimelineId)", "TaskInstanceId": "$(system.TaskInstanceId)", '
    '"AuthToken": "$(system.AccessToken)"}'
)
"""Those of the official task, on one line."""
_METHODS = ("options", "get", "head", "post", "put", "delete", "trace", "patch")
_GENERIC = "connectedservicename"
_LONGEST_SHOWN = 32_768
LOOK_SECONDS = 0.2
"""How often a step that waits looks whether the API has called back."""

TASKS = {
    "InvokeRESTAPI@1": Declared(
        "Invoke REST API",
        "Invoke a REST API as a part of your pipeline",
        (),
        {
            "connectionType": "connectedServiceName",
            "serviceConnection": "",
            "azureServiceConnection": "",
            "azureDevOpsServiceConnection": "",
            "method": "POST",
            "headers": HEADERS,
            "body": "",
            "urlSuffix": "",
            "waitForCompletion": "false",
            "successCriteria": "",
        },
        {
            "connectedServiceNameSelector": "connectionType",
            "connectedServiceName": "serviceConnection",
            "genericService": "serviceConnection",
            "azureSubscription": "azureServiceConnection",
            "connectedServiceNameARM": "azureServiceConnection",
            "connectedServiceNameAzureDevOps": "azureDevOpsServiceConnection",
        },
    )
}


def run(context: StepContext) -> Outcome:
    """Call it once; it has 20 seconds. It succeeds by its status, and by `successCriteria` over what it answers; with
    `waitForCompletion` by what the API says when it calls back.
    """
    request = _request(context)
    waits = context.inputs.choice("waitForCompletion", "true", "false") == "true"
    expression = context.inputs.text("successCriteria")
    context.log.line(f"{request.method} {request.url}")
    try:
        answer = call(request, context.job.watch)
    except NoAnswerError as error:
        return _failed(context, error.message)
    text = answer.text if len(answer.text) <= _LONGEST_SHOWN else answer.text[:_LONGEST_SHOWN] + "..."
    context.log.line(f"Response Code: {answer.code}\nResponse: {text}")
    if not answer.succeeded:
        return _failed(context, f"The remote server returned an error: ({answer.code}) {answer.reason}.")
    if waits:
        return _called_back(context)
    return _judged(context, expression, answer) if expression else SUCCEEDED


def _called_back(context: StepContext) -> Outcome:
    """Wait for the event `TaskCompleted`, as long as the step and its job may take."""
    context.log.line("Waiting for the API to call back.")
    folder = context.job.layout.job
    while (word := read_completion(folder, context.index)) is None:
        stop = context.job.watch.sleep(LOOK_SECONDS)
        if stop is not None:
            return context.stopped(stop)
    context.log.line(f"The API has called back: {'succeeded' if word.succeeded else 'failed'}.")
    return SUCCEEDED if word.succeeded else _failed(context, "The API has called back: the task has failed.")


def _failed(context: StepContext, message: str) -> Outcome:
    """Nothing came of it, unless it was made to end."""
    stop = context.job.watch.stop()
    if stop is None:
        context.error(message)
        return Outcome(Result.FAILED, None, message)
    return context.stopped(stop)


def _request(context: StepContext) -> Request:
    inputs = context.inputs
    kind = inputs.choice("connectionType", _GENERIC, "connectedservicenamearm", "connectedservicenameazuredevops")
    if kind != _GENERIC:
        raise UserError(
            f"connectionType {inputs.text('connectionType')} signs in to Azure, which is not possible here.",
            hint="use a generic service connection with the URL of the API: connectionType: connectedServiceName",
        )
    method = inputs.choice("method", *_METHODS).upper()
    body = "" if method in ("GET", "HEAD") else inputs.text("body")
    headers = headers_of(inputs.text("headers"))
    return Request(context.connection("serviceConnection"), method, inputs.text("urlSuffix"), headers, body)


def _judged(context: StepContext, expression: str, answer: Answer) -> Outcome:
    trace = Trace(context.job.masker.text)
    try:
        parsed = parse(expression, names={"root"})
        root: Value = answer.json()
        good = evaluate_boolean(parsed, Context({"root": root}), trace=trace)
    except ExpressionError as error:
        raise UserError(f"successCriteria '{expression}' cannot be evaluated: {error.message}") from error
    for line in trace.lines:
        context.log.line(line)
    return SUCCEEDED if good else _failed(context, f"Evaluation of expression '{expression}' failed.")
