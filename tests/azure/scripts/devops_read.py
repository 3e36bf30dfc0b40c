"""Reads everything of one completed run as the azure-devops client does; prints one JSON object."""

import json
import sys
import time

from azure.devops.connection import Connection
from azure.devops.v7_1.git.models import GitQueryCommitsCriteria
from msrest.authentication import BasicAuthentication

address, token, name = sys.argv[1:4]
connection = Connection(base_url=address, creds=BasicAuthentication("", token))
clients = connection.clients_v7_1
core, build, pipelines = clients.get_core_client(), clients.get_build_client(), clients.get_pipelines_client()
test, agent, git = clients.get_test_client(), clients.get_task_agent_client(), clients.get_git_client()


def fields(model):
    """The names of what has a value."""
    return sorted(name for name in model._attribute_map if getattr(model, name) is not None)


def text(chunks):
    return b"".join(chunks).decode()


project = core.get_project(name)
[definition] = build.get_definitions(name)
whole = build.get_definition(name, definition.id)
run = pipelines.run_pipeline(
    {
        "templateParameters": {"who": "the client"},
        "variables": {"colour": {"value": "green"}},
        "resources": {"repositories": {"self": {"refName": "refs/heads/main"}}},
    },
    name,
    definition.id,
)
until = time.monotonic() + 120
while pipelines.get_run(name, definition.id, run.id).state != "completed":
    assert time.monotonic() < until, "the run does not end"
    time.sleep(0.1)

found = build.get_build(name, run.id)
timeline = build.get_build_timeline(name, run.id)
records = {record.name: record for record in timeline.records if record.type in ("Task", "Job", "Stage")}
greeting = records["Greet"].log
logs = build.get_build_logs(name, run.id)
artifact = build.get_artifact(name, run.id, "drop")
signed = pipelines.get_artifact(name, definition.id, run.id, "drop", expand="signedContent")
[tests] = test.get_test_runs(name, build_uri=found.uri)
results = test.get_test_results(name, tests.id)
repository = git.get_repositories(name)[0]
preview = pipelines.preview({"previewRun": True, "templateParameters": {"who": "nobody"}}, name, definition.id)
print(
    json.dumps(
        {
            "project": [project.name, project.id, project.state, project.default_team.name],
            "projects": [each.name for each in core.get_projects()],
            "teams": [each.name for each in core.get_teams(project.id)],
            "pipeline": [definition.id, definition.name, whole.process["yamlFilename"], whole.path],
            "pipelines": [each.name for each in pipelines.list_pipelines(name)],
            "build": [found.build_number, found.status, found.result, found.reason, found.source_branch],
            "build_fields": fields(found),
            "parameters": [json.loads(found.parameters), found.template_parameters],
            "run_fields": fields(pipelines.get_run(name, definition.id, run.id)),
            "run_id": run.id,
            "records": [[each.type, each.name, each.state, each.result] for each in timeline.records],
            "parents": all(
                each.parent_id is None or each.parent_id in {one.id for one in timeline.records}
                for each in timeline.records
            ),
            "record_fields": fields(records["Greet"]),
            "issues": [each.message for each in records["Greet"].issues],
            "greeting": [line.partition(" ")[2] for line in build.get_build_log_lines(name, run.id, greeting.id)],
            "two_lines": len(build.get_build_log_lines(name, run.id, greeting.id, start_line=2, end_line=3)),
            "as_text": "hello the client" in text(build.get_build_log(name, run.id, greeting.id)),
            "logs": [each.line_count > 0 for each in logs],
            "log_fields": fields(logs[0]),
            "zip": b"".join(build.get_build_logs_zip(name, run.id))[:2].decode(),
            "artifacts": [[each.name, each.resource.type] for each in build.get_artifacts(name, run.id)],
            "download": artifact.resource.download_url,
            "signed": signed.signed_content.url,
            "archive": b"".join(build.get_artifact_content_zip(name, run.id, "drop"))[:2].decode(),
            "tests": [tests.name, tests.total_tests, tests.passed_tests, tests.unanalyzed_tests],
            "results": sorted([each.test_case_title, each.outcome, each.error_message or ""] for each in results),
            "coverage": [each.state for each in test.get_build_code_coverage(name, run.id, 7)],
            "changes": [each.message.strip() for each in build.get_build_changes(name, run.id)],
            "queues": [each.name for each in agent.get_agent_queues(name)],
            "pools": [each.name for each in agent.get_agent_pools()],
            "repository": [repository.name, repository.default_branch],
            "refs": [each.name for each in git.get_refs(repository.id, name)],
            "branches": [each.name for each in git.get_branches(repository.id, name)],
            "items": sorted(each.path for each in git.get_items(repository.id, name, recursion_level="full")),
            "file": text(git.get_item_content(repository.id, "azure-pipelines.yml", name))[:10],
            "commits": [each.comment for each in git.get_commits(repository.id, GitQueryCommitsCriteria(), name)],
            "preview": preview.final_yaml,
            "yaml": build.get_definition_yaml(name, definition.id).yaml[:10],
            "latest": build.get_latest_build(name, str(definition.id)).id == run.id,
            "attachments": [each.name for each in build.get_attachments(name, run.id, "DistributedTask.Core.Summary")],
        }
    )
)
