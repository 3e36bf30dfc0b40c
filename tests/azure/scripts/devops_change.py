"""Changes what can be changed, as the azure-devops client does; prints one JSON object."""

import json
import sys
import time

from azure.devops.connection import Connection
from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.build.models import Build, NewRetentionLease, RetentionLeaseUpdate, UpdateTagParameters
from azure.devops.v7_1.task_agent.models import (
    EnvironmentCreateParameter,
    ProjectReference,
    VariableGroupParameters,
    VariableGroupProjectReference,
    VariableValue,
)
from msrest.authentication import BasicAuthentication

address, token, name = sys.argv[1:4]
connection = Connection(base_url=address, creds=BasicAuthentication("anybody", token))
clients = connection.clients_v7_1
core, build, agent = clients.get_core_client(), clients.get_build_client(), clients.get_task_agent_client()


def refused(call, *args, **named):
    """How Azure calls the error, and the beginning of what it says."""
    try:
        call(*args, **named)
    except AzureDevOpsServiceError as error:
        return [error.type_key, str(error)[:60]]
    return None


def wait(condition, what):
    until = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.1)


[definition] = build.get_definitions(name, name="W*")
runs = [
    build.queue_build({"definition": {"id": definition.id}, "parameters": json.dumps({"nap": nap})}, name)
    for nap in ("600", "0")
]
first, second = (run.id for run in runs)
wait(lambda: build.get_build(name, second).status == "completed", "the second does not end")
wait(lambda: build.get_build(name, first).status == "inProgress", "the first does not start")
canceled = build.update_build(Build(status="cancelling"), name, first)
wait(lambda: build.get_build(name, first).status == "completed", "the first is not canceled")

ended = [each.id for each in build.get_builds(name, result_filter="canceled", status_filter="completed")]
outcome = build.get_build(name, first).result
retried = build.update_build(Build(), name, first, retry=True).status
build.update_build(Build(status="cancelling"), name, first)
tags = [
    build.add_build_tag(name, second, "one"),
    build.add_build_tags(["two", "three"], name, second),
    build.update_build_tags(UpdateTagParameters(["four"], ["ONE"]), name, second),
    build.delete_build_tag(name, second, "two"),
    build.get_build_tags(name, second),
]
kept = build.update_build(Build(keep_forever=True), name, second).keep_forever
let_go = build.update_build(Build(keep_forever=False), name, second).keep_forever
[lease] = build.add_retention_leases(
    [
        NewRetentionLease(
            days_valid=3, definition_id=definition.id, owner_id="me", protect_pipeline=False, run_id=second
        )
    ],
    name,
)
longer = build.update_retention_lease(RetentionLeaseUpdate(days_valid=30, protect_pipeline=False), name, lease.lease_id)
leases = [each.owner_id for each in build.get_retention_leases_for_build(name, second)]
build.delete_retention_leases_by_id(name, [longer.lease_id])

ids = [each.id for each in build.get_builds(name)]
page = build.get_builds(name, top=1)
older = build.get_builds(name, top=1, continuation_token=str(page[-1].id))
oldest_first = [each.id for each in build.get_builds(name, query_order="queueTimeAscending")]

project = core.get_project(name)
reference = VariableGroupProjectReference(name="client", project_reference=ProjectReference(id=project.id, name=name))


def group(**variables):
    return VariableGroupParameters(
        name="client",
        type="Vsts",
        description="by a client",
        variable_group_project_references=[reference],
        variables={key: VariableValue(*value) for key, value in variables.items()},
    )


made = agent.add_variable_group(group(plain=(None, False, "1"), hidden=(None, True, "s3cret")))
changed = agent.update_variable_group(group(plain=(None, False, "2"), hidden=(None, True, None)), made.id)
read = agent.get_variable_group(name, made.id)
listed = [each.name for each in agent.get_variable_groups(name, group_name="cli*")]
environment = agent.add_environment(EnvironmentCreateParameter("by a client", "client-env"), name)
environments = [each.name for each in agent.get_environments(name)]

print(
    json.dumps(
        {
            "ids": [first, second],
            "canceled": [canceled.status, outcome],
            "second": build.get_build(name, second).result,
            "retried": retried,
            "tags": [sorted(each) for each in tags],
            "tagged": [each.id for each in build.get_builds(name, tag_filters=["four"])],
            "kept": [kept, let_go],
            "leases": leases,
            "left": len(build.get_retention_leases_for_build(name, second)),
            "paged": [page[0].id, older[0].id] == ids[:2],
            "ascending": oldest_first == ids[::-1],
            "failed": ended,
            "other_branch": build.get_builds(name, branch_name="refs/heads/other"),
            "group": {key: [each.value, each.is_secret] for key, each in changed.variables.items()},
            "group_again": {key: [each.value, each.is_secret] for key, each in read.variables.items()},
            "group_id": made.id,
            "listed": listed,
            "environment": [environment.name, environment.description],
            "environments": environments,
            "refused": {
                "no project": refused(core.get_project, "nothing"),
                "no build": refused(build.get_build, name, 999_999),
                "no definition": refused(build.get_definition, name, 999),
                "unknown parameter": refused(
                    build.queue_build, {"definition": {"id": definition.id}, "templateParameters": {"x": "y"}}, name
                ),
                "unknown branch": refused(
                    build.queue_build, {"definition": {"id": definition.id}, "sourceBranch": "refs/heads/no"}, name
                ),
                "bad tag": refused(build.add_build_tags, ["a/b"], name, second),
            },
        }
    )
)
