"""Every state of every page, with made-up data: `python -m tests.browser.storybook` serves it for your own eyes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import uvicorn
from msgspec.structs import replace

from drivetrain.record.tracking.model import TrainingRun
from drivetrain.run.model import (
    Issue,
    Result,
    Timeline,
)
from drivetrain.source.model import Project, Reason
from drivetrain.store.model_deployments import SqliteModelDeployments
from drivetrain.store.vault import FileVault
from drivetrain.store.verdicts import SqliteVerdicts
from drivetrain.view.ports import ProjectStatus, Watch
from drivetrain.view.web.app import create_app
from drivetrain.view.whys import Why
from tests.browser import story_gates
from tests.browser.hooks_story import delivered
from tests.browser.reports_story import tell
from tests.browser.shelves import filled
from tests.browser.story_models import judge, models
from tests.browser.story_runs import (
    BAD,
    EMPTY_RUN,
    FAILED_RUN,
    HOSTILE,
    HOSTILE_RUN,
    LONG,
    LONG_RUN,
    NOW,
    OK,
    RTL,
    RUNNING_RUN,
    STAGED_RUN,
    a_run,
    at,
    failed,
    hostile,
    long,
    reopened,
    running,
    staged,
)
from tests.browser.story_serving import serves
from tests.browser.world import World


def trained(run_id: int, name: str, rate: float, rmse: float, *, status: str = "FINISHED") -> TrainingRun:
    start = int(NOW.timestamp() * 1000) - (60 - run_id) * 600_000
    metrics = {"rmse": rmse, "mae": rmse * 0.71, "r2": 1 - rmse / 150, "training_rows": 20631.0}
    params = {
        "learning_rate": str(rate),
        "n_estimators": "200",
        "max_depth": "3",
        "loss": "squared_error",
        "data": "FD001",
    }
    tags = {"drivetrain.build_number": f"20261123.{run_id}", "drivetrain.run_url": f"/runs/{run_id}"}
    return TrainingRun(
        f"{run_id:02d}{name.replace('-', '')}{'0' * 16}",
        run_id,
        "Train.train",
        "1",
        "turbofan",
        name,
        status,
        start,
        start + 31_000,
        params,
        metrics,
        tags,
    )


def build(folder: Path) -> World:
    """The world of the storybook."""
    world = World(folder)
    for timeline in (running(world), failed(world), long(world), hostile(world), staged(world)):
        world.add(timeline)
    world.add(
        Timeline(
            a_run(EMPTY_RUN, "Break the pipeline's file", BAD, started_at="", reason=Reason.MANUAL),
            issues=(
                Issue(
                    "error",
                    "azure-pipelines.yml:7:3: unknown key 'scirpt'; did you mean 'script'?",
                    file="azure-pipelines.yml",
                    line=7,
                    column=3,
                ),
            ),
        )
    )
    for number in range(1, 53):
        word, result = (
            ("Tune the learning rate", OK),
            ("Refresh the data set", OK),
            ("Pin scikit-learn", BAD),
            ("Schedule a nightly training", Result.SUCCEEDED_WITH_ISSUES),
        )[number % 4]
        reason = Reason.SCHEDULE if number % 4 == 3 else Reason.INDIVIDUAL_CI
        world.add(
            Timeline(
                a_run(
                    number,
                    word,
                    result,
                    reason=reason,
                    project="turbofan" if number % 3 else "wine-quality",
                    pipeline="turbofan" if number % 3 else "nightly",
                )
            )
        )
    world.add(reopened())
    tell(
        world.reports,
        [number for number in range(1, 53) if number % 3],
        newest=LONG_RUN,
        failed=FAILED_RUN,
        hostile=HOSTILE_RUN,
        text=f"{HOSTILE} {RTL}"[:400],
        long=LONG,
    )
    world.watched = [
        ProjectStatus(Project(1, "turbofan", "/srv/git/turbofan.git", "main"), Watch.HOOK, at(20)),
        ProjectStatus(
            Project(2, "wine-quality", "https://git.example.com/ml/wine-quality.git", "master", poll_seconds=30),
            Watch.POLL,
            at(300),
            "the repository did not answer: connection refused; the next look is in 30 s",
        ),
        ProjectStatus(Project(3, HOSTILE, LONG, HOSTILE), Watch.NONE),
    ]
    world.deliveries = delivered(folder, [status.project for status in world.watched], HOSTILE, LONG)
    world.library = filled(folder, HOSTILE, LONG, [status.project.name for status in world.watched])
    world.trained = [
        trained(STAGED_RUN, "baseline-gbr", 0.1, 41.732918),
        trained(STAGED_RUN, "tuned-gbr", 0.05, 40.1182),
        trained(FAILED_RUN, "deep-gbr", 0.9, 88.25, status="FAILED"),
        trained(RUNNING_RUN, "slow-gbr", 0.05, 44.6, status="RUNNING"),
        replace(trained(12, HOSTILE, 0.2, float("nan")), experiment_id="2", experiment=HOSTILE, params={HOSTILE: LONG}),
    ]
    world.models = models(at, HOSTILE, LONG, SqliteModelDeployments(world.database))
    judge(SqliteVerdicts(world.database), at, HOSTILE, LONG)
    world.serves = serves(world.database, FileVault(folder / "secret.key"), folder, HOSTILE, LONG)
    asked = a_run(40, "Deploy the tuned model", None)
    world.whys.said = {
        HOSTILE_RUN: Why(HOSTILE_RUN, HOSTILE, LONG, f"{HOSTILE} {RTL}", 7),
        EMPTY_RUN: Why(EMPTY_RUN, "Mira Lindqvist started it by hand, of main"),
    }
    story_gates.fill(world, asked, at=at(900), later=at(-86400), hostile=HOSTILE, long=LONG[:110])
    return world


def main() -> None:
    """Serve the storybook until interrupted."""
    with tempfile.TemporaryDirectory(prefix="storybook-") as folder:
        uvicorn.run(create_app(build(Path(folder)).site()), port=8890, log_level="warning")


if __name__ == "__main__":
    main()
