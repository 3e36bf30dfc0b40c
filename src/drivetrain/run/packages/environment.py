"""What the program of a task finds in its environment, exactly as the official task library reads it.

Handler.cs in https://github.com/microsoft/azure-pipelines-agent, and `_loadData` of node/internal.ts in
https://github.com/microsoft/azure-pipelines-task-lib
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from drivetrain.run.predefined import ACCESS_TOKEN
from drivetrain.run.runner.variables import environment_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivetrain.run.library.model import Connection, SecureFile
    from drivetrain.run.runner.state import JobState

SYSTEM = "SYSTEMVSSCONNECTION"
"""The connection to the server itself, for tasks that call its API with the job's own token."""


def task_environment(
    job: JobState, inputs: Mapping[str, str], connections: list[Connection], secure_files: list[SecureFile]
) -> dict[str, str]:
    """Everything beyond what any step's program gets: inputs, variables by kind, connections, secure files."""
    found = dict(_variables(job))
    found |= {f"INPUT_{environment_name(name)}": value for name, value in inputs.items()}
    for connection in connections:
        found |= _endpoint(connection.id, connection)
    found |= _system(job)
    for file in secure_files:
        found |= {f"SECUREFILE_NAME_{file.id}": file.name, f"SECUREFILE_TICKET_{file.id}": file.ticket}
    return {name: value.replace("\0", "") for name, value in found.items() if _may_be(name)}


def _may_be(name: str) -> bool:
    return bool(name) and "=" not in name and "\0" not in name


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _variables(job: JobState) -> Iterator[tuple[str, str]]:
    """Their names as they are spelled, and the values of secret ones; the values of others are there already."""
    plain, secret = job.variables.by_kind()
    yield "VSTS_PUBLIC_VARIABLES", _json(plain)
    yield "VSTS_SECRET_VARIABLES", _json(list(secret))
    for name, value in secret.items():
        yield f"SECRET_{environment_name(name)}", value
    yield "agent.jobstatus", job.variables.value("Agent.JobStatus")


def _endpoint(key: str, connection: Connection) -> dict[str, str]:
    found = {
        f"ENDPOINT_URL_{key}": connection.url,
        f"ENDPOINT_DATA_{key}": _json(dict(connection.data)),
        **_authorization(key, connection.scheme, connection.parameters),
    }
    for name, value in connection.data.items():
        found[f"ENDPOINT_DATA_{key}_{environment_name(name)}"] = value
    return found


def _authorization(key: str, scheme: str, parameters: Mapping[str, str]) -> dict[str, str]:
    return {
        f"ENDPOINT_AUTH_{key}": _json({"parameters": dict(parameters), "scheme": scheme}),
        f"ENDPOINT_AUTH_SCHEME_{key}": scheme,
        **{f"ENDPOINT_AUTH_PARAMETER_{key}_{environment_name(name)}": value for name, value in parameters.items()},
    }


def _system(job: JobState) -> dict[str, str]:
    url = job.variables.value("System.CollectionUri")
    token = job.variables.value(ACCESS_TOKEN)
    return {f"ENDPOINT_URL_{SYSTEM}": url, **_authorization(SYSTEM, "OAuth", {"AccessToken": token})}
