"""Online endpoints and deployments, by Azure Machine Learning's names and with its defaults. Frozen values.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-deployment-managed-online
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from msgspec import Struct, field


class AuthMode(StrEnum):
    """How callers of an endpoint prove who they are; always by `Authorization: Bearer`."""

    KEY = "key"
    """One of its two keys."""
    ISSUED = "aml_token"
    """A token that was issued for this endpoint, and expires."""
    ENTRA = "aad_token"
    """A token of the home's own token service for `https://ml.azure.com`."""


class Probe(Struct, frozen=True):
    """When a replica counts as alive, or as ready. Times in seconds.

    https://learn.microsoft.com/azure/machine-learning/reference-yaml-deployment-managed-online#probesettings
    """

    initial_delay: float = 10.0
    period: float = 10.0
    timeout: float = 2.0
    success_threshold: int = 1
    failure_threshold: int = 30


class RequestSettings(Struct, frozen=True):
    """How much a replica is asked at once, and how long a caller waits.

    https://learn.microsoft.com/azure/machine-learning/reference-yaml-deployment-managed-online#requestsettings
    """

    timeout_ms: int = 5000
    """From the moment a replica has it; then the caller is told 408."""
    concurrent: int = 1
    """`max_concurrent_requests_per_instance`."""
    queue_ms: int = 500
    """`max_queue_wait_ms`: how long a request waits for a replica that is free; then the caller is told 429."""


class Collection(Struct, frozen=True):
    """Which requests are written down with their bodies."""

    share: float = 0.0
    """Of all requests, from 0 to 1."""
    redact: tuple[str, ...] = ()
    """Names of columns whose values are not to be written down."""


class Runtime(StrEnum):
    """What a model that needs no script is run by."""

    AUTO = "auto"
    """ONNX Runtime where the model can be converted and its answers for the example are the same; else its own."""
    ONNX = "onnx"
    NATIVE = "native"


class Script(Struct, frozen=True):
    """A scoring script with `init()` and `run(raw_data)`."""

    folder: str
    """Where the code is: a folder of this machine."""
    file: str
    """The script, relative to that folder."""


class Server(Struct, frozen=True):
    """A program of the user's that speaks HTTP: Azure's custom container, without the container."""

    command: tuple[str, ...]
    """Its words; `{port}` stands for the port it is to listen on, on loopback."""
    score: str = "/score"
    live: str = "/"
    ready: str = "/"
    folder: str = ""
    """Where it starts; empty for a folder of its own."""


class EnvironmentSpec(Struct, frozen=True):
    """The Python environment of replicas. All empty: what the model itself says it needs."""

    python: str = ""
    requirements: tuple[str, ...] = ()
    """Lines of a requirements file."""
    conda: str = ""
    """The text of a conda file."""


ITSELF = "."
"""See DeploymentSpec.mounted."""


class DeploymentSpec(Struct, frozen=True):
    """What a deployment is to be, as somebody asked for it."""

    model: str = ""
    """`NAME:VERSION` of a registered model; empty for none."""
    files: str = ""
    """A folder of this machine with the model, when it is no registered one."""
    mounted: str = ""
    """For a script: below `AZUREML_MODEL_DIR`, the folder that has the model's files: Azure keeps the name of the
    folder that was registered, and scripts open `$AZUREML_MODEL_DIR/model/model.pkl`. `.` for that folder itself, when
    it was a single file; empty for the name that the folder has here.
    https://learn.microsoft.com/azure/machine-learning/how-to-deploy-online-endpoints#understand-the-scoring-script
    """
    script: Script | None = None
    server: Server | None = None
    runtime: Runtime = Runtime.AUTO
    environment: EnvironmentSpec = EnvironmentSpec()
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of the replicas' environment. They may be secrets: sealed at rest."""
    instances: int = 1
    sleeps_after: float = 0.0
    """Seconds without a request after which its replicas are ended, to be started by the next one; 0 for never."""
    request: RequestSettings = RequestSettings()
    liveness: Probe = Probe()
    readiness: Probe = Probe()
    collection: Collection = Collection()
    body: Mapping[str, Any] = field(default_factory=dict)
    """What an Azure client said besides: `tags`, `description`, `properties`, `instanceType`, `sku`."""


class Speaks(StrEnum):
    """What a replica understands."""

    FRAMES = "frames"
    """Our own replicas: in_replica/frames.py, on a Unix socket."""
    HTTP = "http"
    """HTTP/1.1, on a port of loopback."""


class Limits(Struct, frozen=True):
    """What a replica may take of the machine; 0 is no limit."""

    memory_mb: int = 0
    processes: int = 256
    open_files: int = 4096


class Launch(Struct, frozen=True):
    """How replicas are started: what preparing a deployment comes to. Kept with the deployment, so that a replica can
    be started again without anything else.
    """

    command: tuple[str, ...]
    """In its words `{socket}` stands for the path to listen at, `{port}` for the port."""
    folder: str
    """Where it starts. Nothing in it is written to."""
    speaks: Speaks
    variables: Mapping[str, str] = field(default_factory=dict)
    """Beside the deployment's own and a bare PATH, HOME, LANG: nothing of our own environment is handed on."""
    score: str = "/score"
    """Of HTTP: where it predicts; `live` and `ready` are where it says how it is."""
    live: str = "/"
    ready: str = "/"
    limits: Limits = Limits()
    runtime: str = ""
    """For people: `onnxruntime 1.23`, `scikit-learn 1.7`, `azureml-inference-server-http 1.4`."""
    note: str = ""
    """For people: why it is this runtime."""
    example: str = ""
    """A request body, JSON, that the model's own example makes; empty when it has none."""
    openapi: Mapping[str, Any] = field(default_factory=dict)
    """OpenAPI of the model's signature; empty when it is not known."""


class DeploymentState(StrEnum):
    """Azure's provisioning states, as far as they are needed here."""

    CREATING = "Creating"
    UPDATING = "Updating"
    """A new `spec` is being prepared; the old launch serves meanwhile."""
    READY = "Succeeded"
    FAILED = "Failed"
    DELETING = "Deleting"


class Deployment(Struct, frozen=True):
    """One deployment of an endpoint, as it is kept."""

    endpoint: str
    name: str
    spec: DeploymentSpec
    state: DeploymentState = DeploymentState.CREATING
    launch: Launch | None = None
    """None until it has been prepared once."""
    build: int = 0
    """Grows when what its replicas run has become another: the number is the endpoint's generation then."""
    problem: str = ""
    """Why it failed."""
    run_id: int | None = None
    """The pipeline run that asked for it."""
    created_at: str = ""
    created_by: str = ""
    updated_at: str = ""


class Endpoint(Struct, frozen=True):
    """An online endpoint. Its name is unique in the home, as it is in a region of Azure."""

    name: str
    project: str = ""
    """Whose it is: jobs of other projects do not see it. Empty for the home's own."""
    workspace: str = ""
    """GUID of the workspace of Azure that it was made in; empty when it was made here."""
    auth: AuthMode = AuthMode.KEY
    traffic: Mapping[str, int] = field(default_factory=dict)
    """Percent by name of deployment: 100 together, or none at all."""
    mirror: Mapping[str, int] = field(default_factory=dict)
    """Percent of the requests that one deployment gets a copy of, whose answers nobody sees."""
    port: int = 0
    """Where its front listens."""
    generation: int = 0
    """Grows with each change of it or its deployments."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """What an Azure client said besides: `tags`, `description`, `properties`, `identity`."""
    created_at: str = ""
    created_by: str = ""
    updated_at: str = ""


class Wanted(Struct, frozen=True):
    """All that a front has to know, read in one transaction."""

    endpoint: Endpoint
    key_digests: tuple[str, ...]
    """SHA-256 of its keys, in hex."""
    deployments: tuple[Deployment, ...]
    """Those that can be started: `launch` is not None, and they are not being deleted."""


class InstanceState(StrEnum):
    """Of one replica."""

    STARTING = "starting"
    READY = "ready"
    UNREADY = "unready"
    """It lives, and its readiness probe fails."""
    WAITING = "waiting"
    """It ended by itself, and is started again when its back-off is over."""
    ENDING = "ending"
    """It answers what it has, and gets nothing new."""


class Instance(Struct, frozen=True):
    """One replica as its front sees it."""

    deployment: str
    number: int
    state: InstanceState
    pid: int = 0
    since: str = ""
    restarts: int = 0
    problem: str = ""
    """Why it ended last: `exit code 1`, `SIGKILL`, `did not answer`, with the last lines of its log."""
    build: int = 0
    """`Deployment.build` of what it runs: those of the build before still answer while new ones start."""


class Tally(Struct, frozen=True):
    """What a deployment has answered since its front started; each number only grows."""

    requests: int = 0
    errors: int = 0
    """Answers of 5xx, 408 and 429 included."""
    seconds: float = 0.0
    """All latencies together."""
    slower_than: tuple[int, ...] = ()
    """How many took at most BUCKETS[i] seconds, not cumulative; the last is the rest."""
    mirrored: int = 0
    disagreed: int = 0
    """Copies whose answer differed from the one that the caller got."""

    def __add__(self, other: Tally) -> Tally:
        """What both have answered."""
        buckets = zip_longest(self.slower_than, other.slower_than, fillvalue=0)
        return Tally(
            self.requests + other.requests,
            self.errors + other.errors,
            self.seconds + other.seconds,
            tuple(one + more for one, more in buckets),
            self.mirrored + other.mirrored,
            self.disagreed + other.disagreed,
        )


BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; Prometheus' own, and two smaller ones."""


class Status(Struct, frozen=True):
    """A front, as it says itself."""

    pid: int
    generation: int
    """Of the endpoint that it carries out now."""
    url: str
    """Where it answers: `http://127.0.0.1:5101`."""
    started_at: str
    asleep: tuple[str, ...] = ()
    """Deployments without replicas, as nobody asks."""
    instances: tuple[Instance, ...] = ()
    tallies: Mapping[str, Tally] = field(default_factory=dict)


class HistoryEntry(Struct, frozen=True):
    """Something that changed what is live. Kept for ever, also when the endpoint is gone."""

    id: int
    at: str
    endpoint: str
    kind: str
    """`endpoint.created`, `endpoint.updated`, `endpoint.deleted`, `deployment.created`, `deployment.updated`,
    `deployment.ready`, `deployment.failed`, `deployment.deleted`, `traffic`, `mirror`, `keys`, `release.started`,
    `release.mirror`, `release.step`, `release.finished`, `release.rolled_back`, `release.failed`, `rollback`."""
    by: str
    """Who decided: `owner`, a job's run number, the name of an Azure principal, `release 7`."""
    run_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    """Always `traffic` (after it), `mirror` when there is one, `models` and `builds` (what each deployment with traffic
    serves, and which `Deployment.build` it is); `release` of what a release did, `reason` of what was given up."""
