"""Models for the storybook: versions, promotions and verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import NotFoundError
from drivetrain.registry.gates.model import Finding, Outcome, Verdict
from drivetrain.registry.versions.lineage import of_versions
from drivetrain.registry.versions.model import DataAsset, Held, LineageNode, ModelVersion, Promotion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from drivetrain.registry.gates.ports import Verdicts
    from drivetrain.registry.versions.ports import Deployments

MODEL, LONELY = "turbofan-rul", "wine-quality"
COLUMNS = [
    ("cycle", "long"),
    *((f"sensor_{number}", "double") for number in (2, 3, 4, 7, 11, 15)),
    ("is_new", "boolean"),
    ("plant", "string"),
]
SIGNATURE = {
    "inputs": [{"name": name, "type": kind, "required": name != "plant"} for name, kind in COLUMNS],
    "outputs": [{"type": "double", "required": True}],
}
PACKAGES = {
    "scikit-learn": "1.7.2",
    "numpy": "2.3.4",
    "pandas": "2.3.3",
    "mlflow": "3.17.2",
    "scipy": "1.16.2",
    "joblib": "1.5.2",
}
DATA = (
    DataAsset("FD001", "sha256:" + "ab12" * 16, "3", "data/train_FD001.csv", "training"),
    DataAsset("FD001-test", "sha256:" + "cd34" * 16, "3", "data/test_FD001.csv", "validation"),
)


@dataclass
class StoryModels:
    """The Models port, in memory; and lines by the rule that draws them."""

    kept: dict[str, list[ModelVersion]] = field(default_factory=dict)
    promoted: list[Promotion] = field(default_factory=list)
    deployments: Deployments | None = None

    def names(self) -> Sequence[str]:
        return sorted(self.kept)

    def versions(self, name: str) -> Sequence[ModelVersion]:
        if name not in self.kept:
            raise NotFoundError(f"there is no model {name!r}")
        return self.kept[name]

    def find(self, reference: str) -> ModelVersion:
        name, at, alias = reference.rpartition("@")
        name, _, version = (name, "", "") if at else reference.rpartition(":")
        for each in self.versions(name):
            if alias in each.aliases if at else each.version == version:
                return each
        raise NotFoundError(f"there is no {reference}")

    def files(self, version: ModelVersion) -> Path:
        raise NotImplementedError(version)

    def of(self, text: str) -> Sequence[LineageNode]:
        every = [each for name in self.kept for each in self.kept[name]]
        found = [each for each in every if text in {each.name, each.reference, each.commit}]
        if not found:
            raise NotFoundError(f"nothing was made of commit {text}, and there is no such model")
        names = {each.name for each in found}
        deployed = [each for name in names for each in self.deployments.of_model(name)] if self.deployments else []
        return of_versions(found, deployed)

    def look(self) -> int:
        return 0

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
        del still
        before = next((each.version for each in self.versions(name) if alias in each.aliases), "")
        moved = []
        for each in self.kept[name]:
            others = tuple(other for other in each.aliases if other != alias)
            moved.append(replace(each, aliases=(alias, *others) if each.version == version else others))
        self.kept[name] = moved
        number = len(self.promoted) + 1
        self.promoted.insert(
            0, Promotion(number, "2026-11-23T09:00:00.000Z", name, alias, version, before, by, run_id, reason)
        )
        return self.promoted[0]

    def promotions(self, name: str = "", *, limit: int = 200) -> Sequence[Promotion]:
        return [each for each in self.promoted if name in {"", each.model}][:limit]


def models(at: Callable[[float], str], hostile: str, long: str, deployments: Deployments) -> StoryModels:
    """One model with many versions, one with one, and one that nobody should have."""
    story = StoryModels(deployments=deployments)
    story.kept[MODEL] = [_version(number, at) for number in range(9, 0, -1)]
    story.kept[LONELY] = [ModelVersion(LONELY, "1", created_at=at(900000), flavors=("sklearn",))]
    assets = (DataAsset(hostile, long, long, hostile, hostile),)
    odd = ModelVersion(
        hostile, "1", hostile, at(5000), 55, hostile, hostile, hostile, hostile, dirty=True, training_run=hostile,
        params={hostile: long}, metrics={hostile: float("nan"), long[:80]: 1.5}, data=assets, python=hostile,
        packages={hostile: long}, digest=long, size=3, signature={"inputs": [{"name": hostile, "type": hostile}, 3]},
        flavors=(hostile,), aliases=(hostile, long[:60]), stage=hostile, description=f"{hostile} {long}",
        files={hostile: long},
    )  # fmt: skip
    story.kept[hostile] = [odd, replace(odd, version="0", metrics={hostile: 2.0, long[:80]: 3.5})]
    for number in (3, 5, 7):
        story.set_alias(
            MODEL, "champion", str(number), by="release gate", run_id=40 + number, reason=f"gate {number} passed"
        )
    story.set_alias(
        MODEL, "challenger", "9", by="Mira Lindqvist", reason="Better on the night shift, let it run beside for a day"
    )
    story.set_alias(hostile, "champion", "1", by=hostile, reason=f"{hostile} {long}")
    return story


def _version(number: int, at: Callable[[float], str]) -> ModelVersion:
    rmse = 48.9 - 1.1 * number + (2.3 if number == 6 else 0)
    return ModelVersion(
        MODEL, str(number), "turbofan", at(40000.0 * (10 - number)), 40 + number, f"20261123.{40 + number}",
        "/srv/git/turbofan.git", "refs/heads/main", f"{number}f1c9a7be0d25a" * 3, dirty=number == 6,
        training_run=f"{number}d9c1b22e4f04c6b8c1d7e0a5b6f7a80",
        params={"learning_rate": str(0.2 / number), "max_depth": "4", "n_estimators": str(100 + 20 * number)},
        metrics={"rmse": rmse, "mae": rmse * 0.71, "r2": 0.62 + 0.03 * number, "fit_seconds": 2.0 + number % 3},
        data=DATA,
        python="3.12.4", packages={**PACKAGES, "numpy": f"2.3.{number // 2}"}, digest="sha256:" + f"{number}e7f" * 16,
        size=412_000 + 31_000 * number, signature=SIGNATURE, flavors=("python_function", "sklearn"),
        description="Gradient boosting over the last cycles of each engine." if number > 6 else "",
        files=dict.fromkeys(("MLmodel", "model.pkl", "requirements.txt"), "sha256:" + "1a2b" * 16),
    )  # fmt: skip


def judge(verdicts: Verdicts, at: Callable[[float], str], hostile: str, long: str) -> None:
    """One that passed, one that failed, one that nobody should have said."""
    passed = Finding("rmse", Outcome.PASSED, passed=True, candidate=39.0, champion=41.2, limit=41.7)
    latency = Finding("latency p95 (ms)", Outcome.PASSED, passed=True, candidate=1.9, limit=5.0)
    why = "46.1 is worse than the champion's 44.0 + 0.5"
    failed = Finding("rmse, plant=north", Outcome.FAILED, False, 46.1, 44.0, 44.5, why)
    missing = Finding("r2, plant=east", Outcome.NO_SLICE, passed=False, reason="no row of the data has plant=east")
    odd = Finding(hostile, Outcome.NOT_A_NUMBER, passed=False, candidate=1e300, reason=f"{hostile} {long}")
    said = [
        Verdict(
            0, at(70000), "production", f"{MODEL}:6", f"{MODEL}:5", passed=False, findings=(passed, failed, missing)
        ),
        Verdict(0, at(40000), "production", f"{MODEL}:9", f"{MODEL}:7", passed=True, findings=(passed, latency)),
        Verdict(0, at(30000), hostile, f"{hostile}:1", "", passed=False, findings=(odd,), by=hostile),
    ]
    for each, run_id in zip(said, (54, 49, 55), strict=True):
        verdicts.add(replace(each, run_id=run_id, by=each.by or f"20261123.{run_id}"))
