"""Training runs on a terminal: metrics and parameters side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.view.cli.output import printable, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.record.tracking.model import TrainingRun

BUILD_NUMBER_TAG = "drivetrain.build_number"
MOST_COLUMNS = 6


def print_training_runs(runs: Sequence[TrainingRun]) -> None:
    """Print a table with a row per training run; nothing when there is none."""
    if not runs:
        return
    metrics = _names([run.metrics for run in runs])
    params = _names([run.params for run in runs])
    headers = ["build", "training run", "status", *metrics, *params]
    click.echo()
    table(headers, [_row(run, metrics, params) for run in runs])


def _names(mappings: Sequence[object]) -> list[str]:
    seen = dict.fromkeys(name for mapping in mappings if isinstance(mapping, dict) for name in mapping)
    return list(seen)[:MOST_COLUMNS]


def _row(run: TrainingRun, metrics: Sequence[str], params: Sequence[str]) -> list[str]:
    numbers = [f"{run.metrics[name]:.5g}" if name in run.metrics else "" for name in metrics]
    values = [printable(run.params.get(name, "")) for name in params]
    return [run.tags.get(BUILD_NUMBER_TAG, ""), printable(run.name), run.status, *numbers, *values]
