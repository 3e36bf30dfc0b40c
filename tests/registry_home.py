"""A home with MLflow's own stores in it, used in this process: versions and aliases are made as MLflow makes them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from drivetrain.home import Home
from drivetrain.record.tracking.database import prepare_database
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.clock import Clock

MLMODEL = """\
artifact_path: model
flavors:
  python_function:
    loader_module: nothing
    python_version: 3.12.3
signature:
  inputs: '[{"type": "double", "name": "x", "required": true}]'
  outputs: '[{"type": "double", "required": true}]'
"""


class RegistryHome(Struct, frozen=True):
    """Its parts."""

    home: Home
    storage: Storage
    runs: Any
    """MLflow's store of training runs."""
    registry: Any
    """MLflow's registry."""

    def train(
        self,
        metrics: Mapping[str, float] | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        *,
        end: bool = True,
    ) -> str:
        """A training run; its id."""
        from mlflow.entities import Metric, Param, RunStatus, RunTag  # noqa: PLC0415 - three seconds, these tests' only

        run = self.runs.create_run("0", "tester", 1_700_000_000_000, [], "run")
        self.runs.log_batch(
            run.info.run_id,
            [Metric(key, value, 1, 0) for key, value in (metrics or {}).items()],
            [Param(key, value) for key, value in (params or {}).items()],
            [RunTag(key, value) for key, value in (tags or {}).items()],
        )
        if end:
            self.runs.update_run_info(run.info.run_id, RunStatus.FINISHED, 1_700_000_001_000, None)
        return str(run.info.run_id)

    def files_of(self, run_id: str, path: str = "model") -> Path:
        """The folder of an artifact of a training run."""
        return self.home.mlflow / "artifacts" / "0" / run_id / "artifacts" / path

    def log_files(self, run_id: str, files: Mapping[str, str] | None = None) -> Path:
        """A model's files; without any said, the smallest there may be."""
        folder = self.files_of(run_id)
        for name, text in (files or {"MLmodel": MLMODEL, "model.txt": "42"}).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return folder

    def register(self, name: str, run_id: str, source: str = "") -> str:
        """Register a training run's model; its version."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        try:
            self.registry.get_registered_model(name)
        except MlflowException:
            self.registry.create_registered_model(name)
        where = source or f"mlflow-artifacts:/0/{run_id}/artifacts/model"
        return str(self.registry.create_model_version(name, where, run_id).version)

    def model(self, name: str = "fraud", metrics: Mapping[str, float] | None = None, **tags: str) -> str:
        """Train, log files, register; the version."""
        run_id = self.train(metrics or {"rmse": 0.5}, {"alpha": "1"}, tags)
        self.log_files(run_id)
        return self.register(name, run_id)


@cache
def _fresh() -> bytes:
    """MLflow's file without anything in it: making it takes seconds."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mlflow.db"
        prepare_database(path)
        return path.read_bytes()


def registry_home(root: Path, clock: Clock | None = None) -> RegistryHome:
    """A new home."""
    path = Home(root).mlflow / "mlflow.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(_fresh())
    return opened(root, clock)


def opened(root: Path, clock: Clock | None = None) -> RegistryHome:
    """A home that was made before."""
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as Models  # noqa: PLC0415
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as Runs  # noqa: PLC0415

    home = Home(root)
    address = f"sqlite:///{home.mlflow / 'mlflow.db'}"
    return RegistryHome(home, Storage(home, clock), Runs(address, "mlflow-artifacts:/"), Models(address))
