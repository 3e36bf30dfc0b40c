"""Runs and pipelines -> builds and definitions.

https://learn.microsoft.com/rest/api/azure/devops/build/builds/get
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from drivetrain.run.predefined import guid
from drivetrain.source.events import PipelineCompleted, PullRequestChanged, ScheduleDue
from drivetrain.view.api.devops.links import without_nothing
from drivetrain.view.api.devops.words import build_result, build_status, reason_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from drivetrain.run.model import Run
    from drivetrain.source.events import PullRequest
    from drivetrain.view.api.devops.links import Links
    from drivetrain.view.api.devops.ports import Repository
    from drivetrain.view.api.devops.teams import TeamProject

POOL: dict[str, Any] = {"id": 1, "name": "Default", "isHosted": False}
QUEUE: dict[str, Any] = {"id": 1, "name": "Default", "pool": POOL}
"""Every job runs on this machine, whatever pool its file names."""


def build(links: Links, project: TeamProject, run: Run, kept: Collection[int] = ()) -> dict[str, Any]:
    """A run. `kept` are the ids of runs that are kept for ever."""
    return without_nothing(
        {
            "_links": _links(links, project, run),
            "id": run.id,
            "buildNumber": run.number,
            "status": build_status(run),
            "result": build_result(run),
            "queueTime": run.created_at,
            "startTime": run.started_at,
            "finishTime": run.finished_at,
            "url": links.api(f"build/Builds/{run.id}", project),
            "uri": uri_of(run),
            "definition": definition_reference(links, project),
            "project": links.project(project),
            "sourceBranch": run.source.ref,
            "sourceVersion": run.source.commit.sha,
            "repository": repository_of(run),
            "reason": reason_of(run),
            "requestedFor": links.identity(run.requested_for),
            "requestedBy": links.identity(run.requested_for),
            "lastChangedBy": links.identity(run.cancel_by or run.requested_for),
            "lastChangedDate": run.finished_at or run.started_at or run.created_at,
            "priority": "normal",
            "queue": QUEUE,
            "orchestrationPlan": {"planId": guid("plan", run.id)},
            "plans": [{"planId": guid("plan", run.id)}],
            "logs": {"id": 0, "type": "Container", "url": links.api(f"build/builds/{run.id}/logs", project)},
            "parameters": json.dumps(dict(run.variables)) if run.variables else None,
            "templateParameters": {name: as_text(value) for name, value in run.parameters.items()},
            "triggerInfo": trigger_info(run),
            "tags": list(run.tags),
            "keepForever": run.id in kept,
            "retainedByRelease": False,
            "properties": {},
            "validationResults": [],
        }
    )


def as_text(value: object) -> str:
    """A parameter as Azure gives it back."""
    return value if isinstance(value, str) else json.dumps(value)


def uri_of(run: Run) -> str:
    """`Build.BuildUri`."""
    return f"vstfs:///Build/Build/{run.id}"


def _links(links: Links, project: TeamProject, run: Run) -> dict[str, Any]:
    here = f"build/Builds/{run.id}"
    return {
        "self": {"href": links.api(here, project)},
        "web": {"href": links.page(f"runs/{run.id}")},
        "timeline": {"href": links.api(f"build/builds/{run.id}/Timeline", project)},
        "logs": {"href": links.api(f"build/builds/{run.id}/logs", project)},
    }


def trigger_info(run: Run) -> dict[str, str]:
    """`triggerInfo`: what started a run. https://learn.microsoft.com/rest/api/azure/devops/build/builds/get"""
    if isinstance(run.cause, PullRequestChanged):
        return _of_pull_request(run.cause.pull_request)
    if isinstance(run.cause, ScheduleDue):
        return {"scheduleName": run.cause.display_name}
    if isinstance(run.cause, PipelineCompleted):
        return {"alias": run.cause.alias, "source": run.cause.pipeline, "version": run.cause.number}
    if not reason_of(run).endswith("CI"):
        return {}
    commit = run.source.commit
    return {"ci.sourceBranch": run.source.ref, "ci.sourceSha": commit.sha, "ci.message": commit.message}


def _of_pull_request(pull: PullRequest) -> dict[str, str]:
    return {
        "pr.number": str(pull.number),
        "pr.title": pull.title,
        "pr.sourceBranch": pull.source,
        "pr.sourceSha": pull.head_sha,
        "pr.isFork": str(pull.fork),
        "pr.draft": str(pull.draft),
        "pr.sender.name": pull.author,
    }


def repository_of(run: Run) -> dict[str, Any]:
    """Where a run comes from."""
    source = run.source
    kind = "TfsGit" if source.provider == "Git" else source.provider
    return {
        "id": guid("repository", source.uri),
        "type": kind,
        "name": source.name,
        "url": source.uri,
        "clean": None,
        "checkoutSubmodules": False,
    }


def definition_reference(links: Links, project: TeamProject) -> dict[str, Any]:
    """A reference to the pipeline of a project."""
    number = project.definition
    return {
        "id": number,
        "name": project.name,
        "path": "\\",
        "type": "build",
        "queueStatus": "enabled",
        "revision": 1,
        "uri": f"vstfs:///Build/Definition/{number}",
        "url": links.api(f"build/Definitions/{number}?revision=1", project),
        "project": links.project(project),
        "drafts": [],
    }


def definition(
    links: Links, project: TeamProject, repository: Repository, file: str, owner: str, created: str
) -> dict[str, Any]:
    """The pipeline of a project in full."""
    number = project.definition
    return without_nothing(
        {
            **definition_reference(links, project),
            "_links": {
                "self": {"href": links.api(f"build/Definitions/{number}", project)},
                "web": {"href": links.page(f"projects/{number}" if number else "runs")},
            },
            "quality": "definition",
            "authoredBy": links.identity(owner),
            "createdDate": created,
            "queue": QUEUE,
            "process": {"type": 2, "yamlFilename": file},
            "repository": {
                "id": guid("repository", repository.url),
                "type": "TfsGit",
                "name": repository.name,
                "url": repository.url,
                "defaultBranch": f"refs/heads/{repository.branch}",
                "properties": {},
            },
            "triggers": [{"triggerType": "continuousIntegration", "settingsSourceType": 2, "branchFilters": []}],
            "variables": {},
            "properties": {},
            "tags": [],
            "jobAuthorizationScope": "projectCollection",
            "jobTimeoutInMinutes": 60,
        }
    )
