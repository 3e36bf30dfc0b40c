"""Where resources are: what `OPTIONS /_apis` answers, by which official clients find their addresses.

The ids are Azure's own, as its clients name them (azure-devops on PyPI). A resource that is not here is not served.
https://learn.microsoft.com/azure/devops/integrate/concepts/rest-api-overview
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

NEWEST = 7.2
OLDEST = 1.0
RELEASED = "7.2"
REVISION = 9
"""Of a preview version: whatever a client asks for is served."""
PROJECT = "{project}/_apis/{area}/{resource}"


class Location(Struct, frozen=True):
    """One resource."""

    id: str
    area: str
    resource: str
    template: str

    def document(self) -> dict[str, Any]:
        """As the client reads it."""
        return {
            "id": self.id,
            "area": self.area,
            "resourceName": self.resource,
            "routeTemplate": self.template,
            "resourceVersion": REVISION,
            "minVersion": OLDEST,
            "maxVersion": NEWEST,
            "releasedVersion": RELEASED,
        }


_ROWS = (
    ("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}/{areaId}"),
    ("00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/{resource}"),
    ("603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", "_apis/{resource}/{*projectId}"),
    ("8031090f-ef1d-4af6-85fc-698cd75d42bf", "core", "projectCollections", "_apis/{resource}/{collectionId}"),
    ("d30a3dd1-f8ba-442a-b86a-bd0c0c383e59", "core", "teams", "_apis/projects/{projectId}/{resource}/{*teamId}"),
    ("7a4d9ee9-3433-4347-b47a-7a80f1cf307e", "core", "teams", "_apis/{resource}"),
    ("f83735dc-483f-4238-a291-d45f6080a9af", "Profile", "Profiles", "_apis/{area}/{resource}/{id}"),
    ("28e1305e-2afe-47bf-abaf-cbb0e6a91988", "pipelines", "pipelines", "{project}/_apis/{resource}/{pipelineId}"),
    ("7859261e-d2e9-4a68-b820-a5d84cc5bb3d", "pipelines", "runs",
     "{project}/_apis/pipelines/{pipelineId}/{resource}/{runId}"),
    ("53df2d18-29ea-46a9-bee0-933540f80abf", "pipelines", "preview",
     "{project}/_apis/pipelines/{pipelineId}/{resource}"),
    ("fb1b6d27-3957-43d5-a14b-a2d70403e545", "pipelines", "logs",
     "{project}/_apis/pipelines/{pipelineId}/runs/{runId}/{resource}/{logId}"),
    ("85023071-bd5e-4438-89b0-2a5bf362a19d", "pipelines", "artifacts",
     "{project}/_apis/pipelines/{pipelineId}/runs/{runId}/{resource}"),
    ("37794717-f36f-4d78-b2bf-4dc30d0cfbcd", "PipelineApproval", "approvals",
     "{project}/_apis/pipelines/{resource}/{approvalId}"),
    ("86c8381e-5aee-4cde-8ae4-25c0c7f5eaea", "PipelinesChecks", "configurations",
     "{project}/_apis/pipelines/checks/{resource}/{id}"),
    ("0cd358e1-9217-4d94-8269-1c1ee6f93dcf", "build", "Builds", f"{PROJECT}/{{buildId}}"),
    ("54481611-01f4-47f3-998f-160da0f0c229", "build", "latest", f"{PROJECT}/{{definition}}"),
    ("35a80daf-7f30-45fc-86e8-6b813d9c90df", "build", "logs",
     "{project}/_apis/build/builds/{buildId}/{resource}/{logId}"),
    ("8baac422-4c6e-4de5-8532-db96d92acffa", "build", "Timeline",
     "{project}/_apis/build/builds/{buildId}/{resource}/{timelineId}"),
    ("1db06c96-014e-44e1-ac91-90b2d4b3e984", "build", "artifacts",
     "{project}/_apis/build/builds/{buildId}/{resource}"),
    ("f2192269-89fa-4f94-baf6-8fb128c55159", "build", "attachments",
     "{project}/_apis/build/builds/{buildId}/{resource}/{type}"),
    ("af5122d3-3438-485e-a25a-2dbbfde84ee6", "build", "attachments",
     "{project}/_apis/build/builds/{buildId}/{timelineId}/{recordId}/{resource}/{type}/{name}"),
    ("54572c7b-bbd3-45d4-80dc-28be08941620", "build", "changes",
     "{project}/_apis/build/builds/{buildId}/{resource}"),
    ("6e6114b2-8161-44c8-8f6c-c5505782427f", "build", "tags",
     "{project}/_apis/build/builds/{buildId}/{resource}/{*tag}"),
    ("d84ac5c6-edc7-43d5-adc9-1b34be5dea09", "build", "tags", f"{PROJECT}/{{*tag}}"),
    ("b8aac6c9-744b-46e1-88fc-3550969f9313", "build", "stages",
     "{project}/_apis/build/builds/{buildId}/{resource}/{stageRefName}"),
    ("3da19a6a-f088-45c4-83ce-2ad3a87be6c4", "build", "leases",
     "{project}/_apis/build/builds/{buildId}/{resource}"),
    ("272051e4-9af1-45b5-ae22-8d960a5539d4", "build", "leases", "{project}/_apis/build/retention/{resource}/{leaseId}"),
    ("dbeaf647-6167-421a-bda9-c9327b25e2e6", "build", "Definitions", f"{PROJECT}/{{definitionId}}"),
    ("7c3df3a1-7e51-4150-8cf7-540347f8697f", "build", "yaml",
     "{project}/_apis/build/definitions/{definitionId}/{resource}"),
    ("cadb3810-d47d-4a3c-a234-fe5f3be50138", "Test", "Runs", f"{PROJECT}/{{runId}}"),
    ("4637d869-3a76-4468-8057-0bb02aa385cf", "Test", "Results",
     "{project}/_apis/test/runs/{runId}/{resource}/{testCaseResultId}"),
    ("0a42c424-d764-4a16-a2d5-5c85f87d0ae8", "Test", "Statistics", "{project}/_apis/test/runs/{runId}/{resource}"),
    ("4f004af4-a507-489c-9b13-cb62060beb11", "Test", "Attachments",
     "{project}/_apis/test/runs/{runId}/{resource}/{attachmentId}"),
    ("77560e8a-4e8c-4d59-894e-a5f264c24444", "Test", "CodeCoverage", PROJECT),
    ("f5b09dd5-9d54-45a1-8b5a-1c8287d634cc", "distributedtask", "variablegroups", f"{PROJECT}/{{groupId}}"),
    ("ef5b7057-ffc3-4c77-bbad-c10b4a4abcc7", "distributedtask", "variablegroups", "_apis/{area}/{resource}/{groupId}"),
    ("8572b1fc-2482-47fa-8f74-7e3ed53ee54b", "distributedtask", "environments", f"{PROJECT}/{{environmentId}}"),
    ("51bb5d21-4305-4ea6-9dbb-b7488af73334", "distributedtask", "environmentdeploymentrecords",
     "{project}/_apis/distributedtask/environments/{environmentId}/{resource}"),
    ("a8c47e17-4d56-4a56-92bb-de7ea7dc65be", "distributedtask", "pools", "_apis/{area}/{resource}/{poolId}"),
    ("900fa995-c559-4923-aae7-f8424fe4fbea", "distributedtask", "queues", f"{PROJECT}/{{queueId}}"),
    ("e85f1c62-adfc-4b74-b618-11a150fb195e", "serviceendpoint", "endpoints", f"{PROJECT}/{{endpointId}}"),
    ("225f7195-f9c7-4d14-ab28-a83f7ff77e1f", "git", "repositories", f"{PROJECT}/{{repositoryId}}"),
    ("2d874a60-a811-4f62-9c9f-963a6ea0a55b", "git", "refs",
     "{project}/_apis/git/repositories/{repositoryId}/{resource}"),
    ("d5b216de-d8d5-4d32-ae76-51df755b16d3", "git", "branchStats",
     "{project}/_apis/git/repositories/{repositoryId}/stats/branches"),
    ("fb93c0db-47ed-4a31-8c20-47552878fb44", "git", "items",
     "{project}/_apis/git/repositories/{repositoryId}/{resource}/{*path}"),
    ("c2570c3b-5b3f-41b8-98bf-5407bfde8d58", "git", "commits",
     "{project}/_apis/git/repositories/{repositoryId}/{resource}/{commitId}"),
)  # fmt: skip

LOCATIONS = tuple(Location(*row) for row in _ROWS)
