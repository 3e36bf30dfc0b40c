"""What is known of a version, from all who know something of it: MLflow, the pipeline run, and its files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.registry.versions.digests import NOTHING
from drivetrain.registry.versions.mlmodel import ModelFile, read_model_file
from drivetrain.registry.versions.model import ModelVersion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from drivetrain.registry.versions.digests import Content, Remembered
    from drivetrain.registry.versions.model import DataAsset, Listed, Maker, Note, Training

BUILD = "drivetrain.build_id"
"""The tag of a training run that names the pipeline run."""
JOB = "drivetrain.job"
DIRECTION = "drivetrain.metric."
"""Followed by a metric's name: `min` or `max`."""
REPRODUCES = "drivetrain.reproduces"
COMMIT = "mlflow.source.git.commit"
BRANCH = "mlflow.source.git.branch"
REPOSITORY = "mlflow.source.git.repoURL"
DIRTY = "mlflow.source.git.dirty"
STORED = "mlflow-artifacts:"
MOST_DIGITS = 18
"""What SQLite can count to."""


class Facts:
    """All that could be found out of one version."""

    def __init__(
        self,
        *,
        listed: Listed,
        training: Training | None,
        maker: Maker | None,
        note: Note | None,
        data: tuple[DataAsset, ...],
        location: str,
        folder: Path | None,
        contents: Remembered,
    ) -> None:
        self.listed = listed
        self.training = training
        self.maker = maker
        self.note = note
        self.data = data
        self.location = location
        self.folder = folder
        self.contents = contents

    @property
    def settled(self) -> bool:
        """Nothing is added any more: its training has ended, and so has the pipeline run."""
        if self.maker is not None:
            return self.maker.ended
        return self.training is None or self.training.ended or self.training.deleted


def run_of(training: Training | None, note: Note | None) -> int | None:
    """The pipeline run that made a version."""
    said = run_named(training.tags.get(BUILD, "")) if training else None
    return said if said is not None or note is None else note.run_id


def run_named(text: str) -> int | None:
    """The number that a tag says; None when it is none that a run can have."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def learned(facts: Facts, before: ModelVersion | None) -> ModelVersion:
    """The version, with what was known before of what is no more."""
    name, number, created = facts.listed.key
    found = before or ModelVersion(name, str(number))
    found = replace(found, created_at=_moment(created), location=facts.location or found.location)
    found = replace(found, training_run=facts.listed.training_run, by=facts.note.by if facts.note else found.by)
    found = _of_training(found, facts.training, facts.data)
    found = _of_run(found, facts.maker) if facts.maker else replace(found, run_id=found.run_id or _asked_by(facts))
    return _of_files(found, facts.folder, facts.contents)


def _asked_by(facts: Facts) -> int | None:
    return run_of(facts.training, facts.note)


def _moment(milliseconds: int) -> str:
    return timestamp(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _of_training(found: ModelVersion, training: Training | None, data: tuple[DataAsset, ...]) -> ModelVersion:
    if training is None or training.deleted:
        return found
    return replace(
        found,
        job=training.tags.get(JOB, found.job),
        reproduces=training.tags.get(REPRODUCES, found.reproduces),
        directions=_directions(training.tags) or found.directions,
        params=dict(training.params),
        metrics=dict(training.metrics),
        data=(*training.data, *data) or found.data,
        commit=training.tags.get(COMMIT, found.commit),
        branch=training.tags.get(BRANCH, found.branch),
        repository=training.tags.get(REPOSITORY, found.repository),
        dirty=_yes_or_no(training.tags, DIRTY, found.dirty),
    )


def _directions(tags: Mapping[str, str]) -> dict[str, str]:
    words = {
        key.removeprefix(DIRECTION): value.strip().lower() for key, value in tags.items() if key.startswith(DIRECTION)
    }
    return {name: word for name, word in words.items() if word in {"min", "max"}}


def _yes_or_no(tags: Mapping[str, str], key: str, otherwise: bool | None) -> bool | None:  # noqa: FBT001 - a value, no switch
    return tags[key].lower() == "true" if key in tags else otherwise


def _of_run(found: ModelVersion, maker: Maker) -> ModelVersion:
    return replace(
        found,
        run_id=maker.run_id,
        run_number=maker.number,
        repository=maker.repository,
        branch=maker.branch or found.branch,
        commit=maker.commit or found.commit,
        dirty=maker.dirty,
        python=maker.python or found.python,
        packages=dict(maker.packages) or found.packages,
    )


def _of_files(found: ModelVersion, folder: Path | None, contents: Remembered) -> ModelVersion:
    content, said = _read(folder, contents) if folder else (NOTHING, ModelFile())
    if not content.digest:
        return found
    return replace(
        found,
        digest=content.digest,
        size=content.size,
        files=dict(content.files),
        signature=said.signature,
        flavors=said.flavors,
        python=found.python or said.python,
        packages=found.packages or said.packages,
    )


def _read(folder: Path, contents: Remembered) -> tuple[Content, ModelFile]:
    """Files that cannot be read are this version's trouble, not that of all others."""
    try:
        return contents.of(folder), read_model_file(folder)
    except OSError:
        return NOTHING, ModelFile()


def folder_of(location: str, artifacts: Path) -> Path | None:
    """Where files of MLflow's artifact proxy lie; None for what lies anywhere else, climbs, or is not there."""
    if location.startswith(STORED):
        root = artifacts.resolve()
        path = root.joinpath(*location.removeprefix(STORED).strip("/").split("/"))
        return path if path.exists() and path.resolve().is_relative_to(root) and path.resolve() != root else None
    return None
