"""What asks for models and their versions (contract: tests/contracts/test_models.py), and what that asks of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from drivetrain.registry.versions.model import (
        DataAsset,
        Deployed,
        Held,
        Key,
        Known,
        Listing,
        Maker,
        ModelVersion,
        Note,
        Promotion,
        Training,
    )


class Models(Protocol):
    """The models of this home: MLflow's registry, and what we know besides. Any thread may call it."""

    def names(self) -> Sequence[str]:
        """Every registered model."""
        ...

    def versions(self, name: str) -> Sequence[ModelVersion]:
        """The versions of one model, the newest first. Raises NotFoundError."""
        ...

    def find(self, reference: str) -> ModelVersion:
        """NAME (the champion, else the newest), NAME:VERSION or NAME@ALIAS. Raises NotFoundError, whose hint names what
        there is.
        """
        ...

    def files(self, version: ModelVersion) -> Path:
        """A folder with its files, for reading only. Raises CorruptError when they are not those of its digest."""
        ...

    def look(self) -> int:
        """Bring what we know in step with MLflow: what others have registered and promoted. Every other method does so
        first. How much was news.
        """
        ...

    def set_alias(
        self,
        name: str,
        alias: str,
        version: str,
        *,
        by: str,
        run_id: int | None = None,
        reason: str = "",
        still: Held | None = None,
    ) -> Promotion:
        """Give an alias to a version, or take it away (version ''). It is an event that may start pipelines. Raises
        NotFoundError, UserError; ConflictError when what is `still` to be so is not: nobody can change it in between.
        """
        ...

    def promotions(self, name: str = "", *, limit: int = 200) -> Sequence[Promotion]:
        """What has had which alias, the newest first."""
        ...


class Registered(Protocol):
    """MLflow's registry, and its training runs. Any thread, of any process, may call it."""

    def listing(self) -> Listing:
        """All versions and aliases that there are now."""
        ...

    def training(self, run_id: str) -> Training | None:
        """A training run; None when there is none, or it was removed for good."""
        ...

    def location(self, source: str) -> str:
        """Where the files of a version with this source are: itself, or for `models:/m-...` what MLflow says; empty
        when it does not know it.
        """
        ...

    def logged(self, location: str, training_run: str) -> str:
        """Where the newest logged model of a training run is that has the name of the one at a location; empty for
        none.
        """
        ...

    def set_alias(self, name: str, alias: str, version: str, still: Held | None = None) -> None:
        """As MLflow does it; version '' takes it away. Raises NotFoundError when there is no such version;
        ConflictError when what is `still` to be so is not: looked up and set in one transaction.
        """
        ...


class VersionRows(Protocol):
    """Keeps what is known of versions, for ever. Any thread, of any process, may call it."""

    def known(self) -> Mapping[Key, Known]:
        """Every version that was seen and is not gone."""
        ...

    def get(self, key: Key) -> ModelVersion | None:
        """What is known of one."""
        ...

    def of_name(self, name: str) -> Mapping[Key, ModelVersion]:
        """What is known of the versions of a model, those that are gone included."""
        ...

    def put(self, key: Key, version: ModelVersion, *, source: str, settled: bool) -> None:
        """Keep it, in place of what was kept; what is settled stays as it is."""
        ...

    def rename(self, before: Key, now: Key) -> None:
        """Its model has another name: so have its aliases, and what was promoted."""
        ...

    def gone(self, key: Key) -> None:
        """MLflow has it no more."""
        ...

    def of_commit(self, sha: str) -> Sequence[ModelVersion]:
        """Those made of a commit, whose start is enough, the newest first."""
        ...

    def of_run(self, run_id: int) -> Sequence[ModelVersion]:
        """Those that a pipeline run has made, the oldest first."""
        ...


class PromotionRows(Protocol):
    """Keeps who has had which alias, for ever. Any thread, of any process, may call it."""

    def deciding(self) -> AbstractContextManager[None]:
        """Nobody else sets or compares aliases meanwhile, whatever process it is in."""
        ...

    def aliases(self) -> Mapping[tuple[str, str], str]:
        """(model, alias): version, as they were seen last."""
        ...

    def note(self, note: Note) -> int:
        """Somebody is about to do this."""
        ...

    def notes(self, name: str, alias: str) -> Sequence[Note]:
        """What somebody was about to do, the oldest first; alias '' for versions."""
        ...

    def forget(self, notes: Sequence[int]) -> None:
        """They have come true, or never will."""
        ...

    def take_first_look(self) -> int | None:
        """When this was first kept, in milliseconds since 1970, to the first who asks; None to all others."""
        ...

    def add(self, promotion: Promotion, event: Mapping[str, object] | None, *, notes: Sequence[int] = ()) -> Promotion:
        """Keep it under a new id, and what it has changed, post the event to the webhook of models, and forget the
        notes that led to it, in one transaction.
        """
        ...

    def promotions(self, name: str = "", *, limit: int = 200) -> Sequence[Promotion]:
        """The newest first; of all models when none is named."""
        ...


class Deployments(Protocol):
    """Where versions are live, and were."""

    def of_model(self, name: str) -> Sequence[Deployed]:
        """Those of all versions of a model, the newest first."""
        ...


class Origins(Protocol):
    """What pipeline runs know of what they have made."""

    def maker(self, run_id: int) -> Maker | None:
        """One of them; None when there is no such run any more."""
        ...

    def run_of(self, training: Training) -> int | None:
        """The run of the job of Azure Machine Learning that a training run is; None where that is not what made it."""
        ...

    def data(self, training: Training) -> Sequence[DataAsset]:
        """Data assets of Azure Machine Learning that a job has read."""
        ...
