"""`task.setendpoint`: a step changes a service connection for the steps after it.

https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands#setendpoint-modify-a-service-connection-field
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from drivetrain.run.library.model import Connection
    from drivetrain.run.runner.commands import LoggingCommand
    from drivetrain.run.runner.state import JobState

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+")


def set_endpoint(job: JobState, command: LoggingCommand) -> None:
    """Change the url, a data parameter or an authorization parameter of a connection that the job was given.

    Raises UserError with the agent's words.
    """
    given = command.properties
    if not command.data:
        raise UserError("Enter a valid value for setendpoint.")
    field = given.get("field", "")
    if field.lower() == "authparameter":
        job.masker.add(command.data)  # Also when the rest is wrong.
    for name, value in (("field", field), ("id", given.get("id", ""))):
        if not value:
            raise UserError(f"Required field '{name}' is missing in ##vso[task.setendpoint] command.")
    name, connection = _find(job, given["id"])
    job.connections[name] = _changed(connection, field.lower(), given.get("key", ""), command.data)


def _find(job: JobState, wanted: str) -> tuple[str, Connection]:
    for name, connection in job.connections.items():
        if connection.id.lower() == wanted.strip().strip("{}").lower():
            return name, connection
    raise UserError(
        f"Service connection with id '{wanted}' is not declared in the pipeline job and therefore can't be "
        "referenced in task.setendpoint commands."
    )


def _changed(connection: Connection, field: str, key: str, value: str) -> Connection:
    if field == "url":
        if not _URL.fullmatch(value):
            raise UserError("Invalid endpoint Url.")
        return replace(connection, url=value)
    if not key:
        raise UserError("Required field 'key' is missing in ##vso[task.setendpoint] command.")
    if field == "dataparameter":
        return replace(connection, data={**connection.data, key: value})
    if field == "authparameter":
        parameters = {**connection.parameters, key: value}
        return replace(connection, parameters=parameters, secret=connection.secret | {key})
    raise UserError("Invalid endpoint field. Valid values are url, dataParameter and authParameter")
