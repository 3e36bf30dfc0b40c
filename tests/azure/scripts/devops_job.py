"""What a job may do with its System.AccessToken, by the azure-devops client; writes one JSON object to a file."""

import json
import os
import pathlib
import sys

from azure.devops.connection import Connection
from azure.devops.exceptions import AzureDevOpsClientRequestError, AzureDevOpsServiceError
from azure.devops.v7_1.task_agent.models import (
    EnvironmentCreateParameter,
    ProjectReference,
    VariableGroupParameters,
    VariableGroupProjectReference,
    VariableValue,
)
from msrest.authentication import BasicAuthentication

address, name = os.environ["SYSTEM_COLLECTIONURI"], os.environ["SYSTEM_TEAMPROJECT"]
own, foreign = int(os.environ["BUILD_BUILDID"]), int(os.environ.get("FOREIGN_BUILD", "1"))
connection = Connection(base_url=address, creds=BasicAuthentication("", os.environ["SYSTEM_ACCESSTOKEN"]))
clients = connection.clients_v7_1
core, build, agent = clients.get_core_client(), clients.get_build_client(), clients.get_task_agent_client()


def refused(call, *args):
    """How the error is called; None when there is none."""
    try:
        call(*args)
    except AzureDevOpsServiceError as error:
        return error.type_key
    except AzureDevOpsClientRequestError as error:
        return str(error)
    return None


project = core.get_project(name)
assert project.id == os.environ["SYSTEM_TEAMPROJECTID"]
[definition] = build.get_definitions(name)
assert str(definition.id) == os.environ["SYSTEM_DEFINITIONID"]
found = build.get_build(name, own)
records = {record.id: record for record in build.get_build_timeline(name, own).records}
reference = VariableGroupProjectReference(name="new", project_reference=ProjectReference(id=project.id, name=name))
group = VariableGroupParameters(
    name="new", type="Vsts", variables={"a": VariableValue(value="b")}, variable_group_project_references=[reference]
)
wish = {"definition": {"id": definition.id}, "templateParameters": {"again": "false"}}
queued = refused(build.queue_build, wish, name)
document = {
    "projects": [each.name for each in core.get_projects()],
    "own": [found.id, found.status],
    "job": records[os.environ["SYSTEM_JOBID"]].state,
    "stage": records[os.environ["SYSTEM_STAGEID"]].type,
    "tagged": build.add_build_tag(name, own, "by-the-job"),
    "groups": {
        each.name: {key: value.value for key, value in each.variables.items()}
        for each in agent.get_variable_groups(name)
    },
    "queueing": queued,
    "refused": {
        "another project": refused(core.get_project, os.environ.get("FOREIGN_PROJECT", "Wine")),
        "a build of another project": refused(build.get_build, name, foreign),
        "a log of another project": refused(
            build.get_build_log_lines, os.environ.get("FOREIGN_PROJECT", "Wine"), foreign, 10_001
        ),
        "a new group": refused(agent.add_variable_group, group),
        "a new environment": refused(agent.add_environment, EnvironmentCreateParameter("", "new"), name),
    },
}
pathlib.Path(sys.argv[1]).write_text(json.dumps(document))
