"""Endpoints, deployments and releases in the JSON of our own API."""

from __future__ import annotations

from pydantic import BaseModel, Field


class InstanceShape(BaseModel):
    """One replica."""

    number: int
    state: str
    since: str
    restarts: int
    problem: str


class DeploymentShape(BaseModel):
    """One deployment of an endpoint. Values of its variables are never told."""

    name: str
    state: str
    """Azure's provisioning state: `Creating`, `Updating`, `Succeeded`, `Failed`, `Deleting`."""
    model: str
    """`NAME:VERSION`, a folder, a script or a command."""
    traffic: int
    """Percent."""
    mirror: int
    instances: int
    asleep: bool
    replicas: list[InstanceShape]
    runtime: str
    note: str
    problem: str
    variables: list[str]
    run_id: int | None
    created_at: str
    created_by: str
    updated_at: str


class EndpointShape(BaseModel):
    """An online endpoint."""

    name: str
    auth: str
    traffic: dict[str, int]
    mirror: dict[str, int]
    url: str
    """Where it answers; empty while its front does not run."""
    generation: int
    created_at: str
    created_by: str
    updated_at: str


class ReleaseShape(BaseModel):
    """A deployment on its way to all traffic."""

    id: int
    endpoint: str
    deployment: str
    state: str
    under_way: bool
    percent: int
    """Of the traffic, by its step."""
    steps: list[int]
    before: dict[str, int]
    reason: str
    run_id: int | None
    created_at: str
    created_by: str
    ended_at: str


class EndpointDetailShape(BaseModel):
    """An endpoint with everything of it."""

    endpoint: EndpointShape
    deployments: list[DeploymentShape]
    release: ReleaseShape | None
    """The one under way."""


class EndpointPage(BaseModel):
    """Every endpoint, by name."""

    endpoints: list[EndpointShape]


class ReleasePage(BaseModel):
    """Releases, the newest first."""

    releases: list[ReleaseShape]


class HistoryShape(BaseModel):
    """A change of what is live."""

    id: int
    at: str
    endpoint: str
    kind: str
    by: str
    run_id: int | None
    data: dict[str, object]


class HistoryPage(BaseModel):
    """Changes, the newest first."""

    entries: list[HistoryShape]


class TrafficShape(BaseModel):
    """Another split."""

    traffic: dict[str, int] = Field(max_length=100)
    """Percent by deployment: 100 together, or 0."""
    mirror: dict[str, int] | None = Field(default=None, max_length=100)
    """Left as it is when it is not given."""


class DeployShape(BaseModel):
    """What is to be released."""

    model: str = Field(max_length=600)
    """`NAME`, `NAME:VERSION` or `NAME@ALIAS`."""
    deployment: str = Field(default="", max_length=32)
    steps: list[int] = Field(default=[10, 50, 100], max_length=20)
    watch: float = Field(default=10.0, ge=0, le=86_400)
    """Seconds of each step."""
    mirror: int = Field(default=0, ge=0, le=100)
    """Percent of the requests that it gets copies of first."""
    instances: int = Field(default=1, ge=1, le=100)
    runtime: str = Field(default="auto", pattern="^(auto|onnx|native)$")
    variables: dict[str, str] = Field(default={}, max_length=1000)
