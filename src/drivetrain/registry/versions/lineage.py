"""The line from a commit over runs and versions to what is live, as trees. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.registry.versions.model import LineageNode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from drivetrain.registry.versions.model import DataAsset, Deployed, ModelVersion

SHORT = 8
UNKNOWN = "unknown"


def of_versions(versions: Sequence[ModelVersion], deployed: Iterable[Deployed]) -> tuple[LineageNode, ...]:
    """A tree for each commit that the versions were made of, the newest version's first."""
    places = list(deployed)
    commits: dict[tuple[str, str], list[ModelVersion]] = {}
    for each in versions:
        commits.setdefault((each.repository, each.commit), []).append(each)
    return tuple(_commit(of, places) for of in commits.values())


def with_runs(
    versions: Sequence[ModelVersion], runs: Sequence[tuple[int, str]], deployed: Iterable[Deployed], sha: str
) -> LineageNode:
    """The tree of one commit, with the runs of it that have made no version too: each an id and what is said of it."""
    places = list(deployed)
    mine = [_run([each for each in versions if each.run_id == run], places, run, said) for run, said in runs]
    known = {run for run, _ in runs}
    others = [each for each in versions if each.run_id not in known]
    children = (*mine, *_runs(others, places))
    if versions:
        return LineageNode("commit", versions[0].commit, _of_commit(versions[0]), _tree(versions[0]), children)
    return LineageNode("commit", sha, f"commit {sha[:SHORT]}", "", children)


def _commit(versions: list[ModelVersion], places: list[Deployed]) -> LineageNode:
    first = versions[0]
    return LineageNode("commit", first.commit, _of_commit(first), _tree(first), _runs(versions, places))


def _of_commit(version: ModelVersion) -> str:
    if not version.commit:
        return "commit unknown"
    branch = f" of {version.branch}" if version.branch else ""
    return f"commit {version.commit[:SHORT]}{branch}"


def _tree(version: ModelVersion) -> str:
    dirty = "with uncommitted changes" if version.dirty else ""
    return ", ".join(part for part in (version.repository, dirty) if part)


def _runs(versions: Sequence[ModelVersion], places: list[Deployed]) -> tuple[LineageNode, ...]:
    runs: dict[int | None, list[ModelVersion]] = {}
    for each in versions:
        runs.setdefault(each.run_id, []).append(each)
    return tuple(_run(of, places, run, _said(of[0])) for run, of in runs.items())


def _said(version: ModelVersion) -> str:
    return f"run {version.run_id} ({version.run_number})" if version.run_number else f"run {version.run_id}"


def _run(versions: list[ModelVersion], places: list[Deployed], run: int | None, said: str) -> LineageNode:
    trainings: dict[str, list[ModelVersion]] = {}
    for each in versions:
        trainings.setdefault(each.training_run, []).append(each)
    children = tuple(_training(name, of, places) for name, of in trainings.items())
    if run is None:
        return LineageNode("run", "", "no pipeline run is known", "", children)
    return LineageNode("run", str(run), said, "", children)


def _training(name: str, versions: list[ModelVersion], places: list[Deployed]) -> LineageNode:
    data = [_data(each) for each in versions[0].data]
    children = (*data, *(_version(each, places) for each in versions))
    title = f"training run {name}" if name else "no training run is known"
    return LineageNode("training", name, title, versions[0].job, children)


def _data(asset: DataAsset) -> LineageNode:
    version = f":{asset.version}" if asset.version else ""
    note = ", ".join(part for part in (asset.context, asset.digest, asset.source) if part)
    return LineageNode("data", f"{asset.name}{version}", f"data {asset.name}{version}", note)


def _version(version: ModelVersion, places: list[Deployed]) -> LineageNode:
    aliases = "".join(f" @{alias}" for alias in version.aliases)
    gone = "deleted" if version.gone_at else ""
    note = ", ".join(part for part in (version.digest[: len("sha256:") + 12], gone) if part)
    mine = tuple(_place(each) for each in places if each.model == version.reference)
    return LineageNode("version", version.reference, f"{version.reference}{aliases}", note, mine)


def _place(place: Deployed) -> LineageNode:
    title = f"endpoint {place.endpoint}, deployment {place.deployment}"
    if place.live:
        note = f"live, {place.percent} %, since {place.since}"
    elif place.since:
        note = f"was live, {place.since} to {place.until}"
    else:
        note = "without traffic"
    return LineageNode("deployment", f"{place.endpoint}/{place.deployment}", title, note)


def drawn(node: LineageNode, prefix: str = "") -> list[str]:
    """The tree as lines, with branches drawn."""
    lines = [f"{node.title}  ({node.note})" if node.note else node.title]
    for index, child in enumerate(node.children):
        last = index == len(node.children) - 1
        first, *rest = drawn(child)
        lines.append(f"{'└─ ' if last else '├─ '}{first}")
        lines += [f"{'   ' if last else '│  '}{line}" for line in rest]
    return [f"{prefix}{line}" for line in lines]
