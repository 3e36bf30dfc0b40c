"""What is known of a version of a model, beyond what MLflow keeps of it. Frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

CHAMPION = "champion"
"""The alias of the version that is to be live."""
CHALLENGER = "challenger"
"""The alias of the version that is to be the next."""


class DataAsset(Struct, frozen=True):
    """Data that a version was trained on."""

    name: str
    digest: str
    """Of its content: `sha256:...`, or as MLflow's dataset says it."""
    version: str = ""
    source: str = ""
    """Where it was read from."""
    context: str = ""
    """`training`, `validation`, ... as MLflow's input tag says it."""


class ModelVersion(Struct, frozen=True):
    """A version of a registered model, and where it comes from. What is not known is empty."""

    name: str
    version: str
    project: str = ""
    """Whose it is; empty for the home's own."""
    created_at: str = ""
    run_id: int | None = None
    """The pipeline run that made it."""
    run_number: str = ""
    repository: str = ""
    branch: str = ""
    commit: str = ""
    dirty: bool | None = None
    """Whether the working tree had changes that were not committed; None when that is not known."""
    training_run: str = ""
    """MLflow's id."""
    job: str = ""
    """The job of the pipeline run: STAGE.JOB, with `.LEG` where it has legs."""
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Of the training run; what is logged after its end, or after it was deleted, does not count."""
    directions: Mapping[str, str] = field(default_factory=dict)
    """Which way metrics are to go, as far as the training run says it: `min` or `max`."""
    data: tuple[DataAsset, ...] = ()
    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    """The environment's lock: exact version by name."""
    digest: str = ""
    """`sha256:...` over the names and the content of its files."""
    size: int = 0
    """Bytes of all its files."""
    signature: Mapping[str, Any] = field(default_factory=dict)
    """MLflow's: `inputs`, `outputs`, `params`, each a list of columns."""
    flavors: tuple[str, ...] = ()
    """`sklearn`, `lightgbm`, `onnx`, ..., `python_function`."""
    aliases: tuple[str, ...] = ()
    stage: str = ""
    """MLflow's older word: Staging, Production, Archived."""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    location: str = ""
    """Where its files are, as MLflow says it: `mlflow-artifacts:/...`."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The digest of each of its files, by name."""
    by: str = ""
    """Who has registered it; empty when that is not known."""
    reproduces: str = ""
    """NAME:VERSION that it was made to be compared with; such a version is never meant by the name alone."""
    gone_at: str = ""
    """When it was seen that MLflow has it no more; empty while it has."""

    @property
    def reference(self) -> str:
        """`NAME:VERSION`."""
        return f"{self.name}:{self.version}"


class Promotion(Struct, frozen=True):
    """An alias was given, or taken away. Kept for ever."""

    id: int
    at: str
    model: str
    alias: str
    version: str
    """Empty when it was taken away."""
    before: str
    """The version that had it; empty for none."""
    by: str
    run_id: int | None = None
    reason: str = ""
    """`gate 12 passed`, or what somebody said."""


class Held(Struct, frozen=True):
    """An alias that a version has, or none."""

    model: str
    alias: str
    version: str
    """Empty for none."""


Key = tuple[str, int, int]
"""Name, version, when MLflow has made it (milliseconds since 1970): a name may be deleted, and begin at 1 again."""


class Listed(Struct, frozen=True):
    """A version, as MLflow's registry lists it."""

    key: Key
    source: str
    training_run: str
    description: str = ""
    stage: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    project: str = ""
    """Whose the model is."""


class Listing(Struct, frozen=True):
    """All that MLflow's registry has, at one moment."""

    names: tuple[str, ...] = ()
    versions: tuple[Listed, ...] = ()
    aliases: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(model, alias): version."""


class Training(Struct, frozen=True):
    """A training run, as MLflow has it now."""

    id: str
    ended: bool
    deleted: bool
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    data: tuple[DataAsset, ...] = ()


class Known(Struct, frozen=True):
    """How far a version is known."""

    source: str
    settled: bool
    """Its training has ended, and with it all that may be added."""


class Maker(Struct, frozen=True):
    """What a pipeline run knows of a version that it has made."""

    run_id: int
    number: str
    project: str
    repository: str
    branch: str
    commit: str
    dirty: bool | None
    ended: bool
    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)


class Note(Struct, frozen=True):
    """Somebody is about to register a version (no alias), or to give an alias."""

    name: str
    alias: str = ""
    version: str = ""
    by: str = ""
    run_id: int | None = None
    reason: str = ""
    id: int = 0


class Deployed(Struct, frozen=True):
    """A deployment of a version: for how long it had traffic."""

    model: str
    """NAME:VERSION."""
    endpoint: str
    deployment: str
    percent: int
    """The most traffic that it had; 0 when it never had any."""
    since: str = ""
    until: str = ""
    """Empty while it is live, and where it never was."""
    by: str = ""
    """Who gave it its traffic."""

    @property
    def live(self) -> bool:
        """Whether it has traffic now."""
        return bool(self.since) and not self.until


class LineageNode(Struct, frozen=True):
    """One thing in the line from a commit to what is live, and what has come of it."""

    kind: str
    """`commit`, `run`, `training`, `version`, `deployment`, `data`."""
    id: str
    title: str
    """For people, in a few words."""
    note: str = ""
    children: tuple[LineageNode, ...] = ()
