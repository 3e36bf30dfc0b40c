"""Training runs beside each other: which names there are, how values read, what changed. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from msgspec import Struct

from drivetrain.view.web import present

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from drivetrain.record.tracking.model import TrainingRun

MAX_NAMES = 40
MAX_TEXT = 60
BUILD_TAG = "drivetrain.build_number"


class Value(Struct, frozen=True):
    """A metric or parameter of one run, short and in full."""

    text: str
    exact: str
    changed: bool = False
    """Whether it differs from the same experiment's run before."""
    was: str = ""


NOTHING = Value("–", "not logged")  # noqa: RUF001 - an en dash is meant


class Column(Struct, frozen=True):
    """One name, and its value in each run."""

    name: str
    values: Sequence[Value]

    @property
    def varies(self) -> bool:
        """Whether the runs differ in it."""
        return len({value.exact for value in self.values}) > 1


class Comparison(Struct, frozen=True):
    """Runs side by side: names down, runs across."""

    runs: Sequence[TrainingRun]
    metrics: Sequence[Column]
    params: Sequence[Column]
    left_out: int


def side_by_side(runs: Sequence[TrainingRun]) -> Comparison:
    """All metrics and parameters of some runs; those that differ come first."""
    metrics = [Column(name, [_metric(run, name) for run in runs]) for name in _names(run.metrics for run in runs)]
    params = [Column(name, [_param(run, name) for run in runs]) for name in _names(run.params for run in runs)]
    ordered = [sorted(columns, key=lambda column: not column.varies) for columns in (metrics, params)]
    left_out = sum(max(0, len(columns) - MAX_NAMES) for columns in ordered)
    return Comparison(runs, ordered[0][:MAX_NAMES], ordered[1][:MAX_NAMES], left_out)


class Head(Struct, frozen=True):
    """The head of a column, which sorts by it."""

    name: str
    href: str
    sorted: str
    """`ascending`, `descending` or nothing, for aria-sort."""
    numeric: bool


class Row(Struct, frozen=True):
    """One training run across the columns of its experiment."""

    run: TrainingRun
    build: str
    values: Sequence[Value]


class Experiment(Struct, frozen=True):
    """The runs of an experiment: runs down, names across."""

    id: str
    name: str
    metrics: Sequence[str]
    params: Sequence[str]
    heads: Sequence[Head]
    rows: Sequence[Row]
    left_out: int


def experiments(runs: Sequence[TrainingRun], sort: str = "", *, descending: bool = True) -> list[Experiment]:
    """Runs (newest first) by experiment, in the order of `sort`: `build`, `name`, `metric.X` or `param.X`."""
    grouped: dict[str, list[TrainingRun]] = defaultdict(list)
    for run in runs:
        grouped[run.experiment_id].append(run)
    return [_experiment(each, sort, descending=descending) for each in grouped.values()]


def _experiment(runs: Sequence[TrainingRun], sort: str, *, descending: bool) -> Experiment:
    all_metrics, all_params = _names(run.metrics for run in runs), _names(run.params for run in runs)
    varying = {name for name in all_params if len({run.params.get(name) for run in runs}) > 1}
    all_params.sort(key=lambda name: name not in varying)
    metrics, params = all_metrics[:MAX_NAMES], all_params[:MAX_NAMES]
    rows = []
    for run, before in zip(runs, [*runs[1:], None], strict=True):
        values = [_metric(run, name) for name in metrics] + [_param(run, name, before) for name in params]
        rows.append(Row(run, run.tags.get(BUILD_TAG, ""), values))
    return Experiment(
        id=runs[0].experiment_id,
        name=runs[0].experiment,
        metrics=metrics,
        params=params,
        heads=_heads(metrics, params, sort, descending=descending),
        rows=_sorted(rows, sort, descending=descending),
        left_out=len(all_metrics) - len(metrics) + len(all_params) - len(params),
    )


def _heads(metrics: Sequence[str], params: Sequence[str], sort: str, *, descending: bool) -> list[Head]:
    fixed = [("build", "Build"), ("name", "Training run"), ("started", "Started")]
    keys = fixed + [(f"metric.{name}", name) for name in metrics] + [(f"param.{name}", name) for name in params]
    heads = []
    for key, name in keys:
        now = ("descending" if descending else "ascending") if key == sort else ""
        query = urlencode({"sort": key, "order": "asc" if now == "descending" else "desc"})
        heads.append(Head(name, f"?{query}", now, "." in key))
    return heads


def _sorted(rows: list[Row], sort: str, *, descending: bool) -> list[Row]:
    kind, _, name = sort.partition(".")
    keys: dict[str, Callable[[Row], object]] = {
        "build": lambda row: row.run.pipeline_run_id,
        "name": lambda row: row.run.name,
        "started": lambda row: row.run.start_time,
        "metric": lambda row: row.run.metrics.get(name),
        "param": lambda row: _sortable(row.run.params.get(name)),
    }
    if kind not in keys:
        return rows
    key = keys[kind]
    known = [row for row in rows if key(row) is not None]
    unknown = [row for row in rows if key(row) is None]
    return sorted(known, key=key, reverse=descending) + unknown  # type: ignore[arg-type]


def _sortable(text: str | None) -> tuple[int, float, str] | None:
    # Numbers before words, each in their own order.
    if text is None:
        return None
    try:
        return (0, float(text), "")
    except ValueError:
        return (1, 0.0, text)


def _names(mappings: Iterable[Mapping[str, object]]) -> list[str]:
    return sorted({name for mapping in mappings for name in mapping})


def _metric(run: TrainingRun, name: str) -> Value:
    value = run.metrics.get(name)
    return NOTHING if value is None else Value(present.number(value), repr(value))


def _param(run: TrainingRun, name: str, before: TrainingRun | None = None) -> Value:
    text = run.params.get(name)
    if text is None:
        return NOTHING
    was = before.params.get(name) if before else None
    short = text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
    return Value(short, text, changed=was is not None and was != text, was=was or "")
