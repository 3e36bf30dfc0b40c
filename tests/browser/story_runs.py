"""Runs for the storybook: one in each state, and hostile ones."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from drivetrain.clock import timestamp
from drivetrain.run.model import (
    Artifact,
    EndedStage,
    Issue,
    JobRecord,
    JobRef,
    RepositorySource,
    Result,
    Run,
    StageRecord,
    State,
    StepRecord,
    Timeline,
)
from drivetrain.source.model import Commit, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.browser.world import World

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
RTL = "safe \u202egnp.exe \u2066 text"
LONG = "extraordinarily" * 40
LONG_LOG_LINES = 200_000

NOW = datetime.now(UTC)


def at(seconds_ago: float) -> str:
    return timestamp(NOW - timedelta(seconds=seconds_ago))


def source(
    message: str, sha: str = "4f1c9a7be0d25a", branch: str = "main", author: str = "Mira Lindqvist"
) -> RepositorySource:
    commit = Commit(sha * 3, message, author, "mira@example.com")
    ref = branch if branch.startswith("refs/") else f"refs/heads/{branch}"
    return RepositorySource("turbofan", "/srv/git/turbofan.git", "/mirrors/1", ref, commit)


def a_run(run_id: int, message: str, result: Result | None, **more: object) -> Run:
    begun = 600.0 * (60 - run_id)
    values: dict[str, object] = {
        "id": run_id,
        "number": f"20261123.{run_id}",
        "pipeline": "turbofan",
        "file": "azure-pipelines.yml",
        "reason": Reason.INDIVIDUAL_CI,
        "source": source(message),
        "requested_for": "Mira Lindqvist",
        "project_id": 1,
        "project": "turbofan",
        "state": State.COMPLETED if result else State.RUNNING,
        "result": result,
        "created_at": at(begun + 2),
        "started_at": at(begun),
        "finished_at": at(begun - 40 - 7 * run_id) if result else "",
    }
    return Run(**{**values, **more})  # type: ignore[arg-type]


TRAIN = JobRef("Train", "train")
STEPS = ("Checkout turbofan@main", "Use Python 3.12", "Install requirements", "Train the model", "Publish the report")


def steps(job: JobRef, results: Sequence[Result | None], begun: float, *, running: int = 0) -> tuple[StepRecord, ...]:
    found = []
    for index, (name, result) in enumerate(zip(STEPS, results, strict=False), 1):
        state = State.COMPLETED if result else State.RUNNING if index == running else State.PENDING
        ran = result not in {None, Result.SKIPPED} or state is State.RUNNING
        found.append(
            StepRecord(
                job,
                1,
                index,
                f"step{index}",
                name,
                "Bash@3",
                state,
                result,
                result,
                started_at=at(begun - index * 3.4) if ran else "",
                finished_at=at(begun - index * 3.4 - 3.1) if result and ran else "",
                exit_code=1 if result is Result.FAILED else None,
                reason="Bash exited with code 1" if result is Result.FAILED else "",
                percent=64 if state is State.RUNNING else None,
            )
        )
    return tuple(found)


OK, BAD, SKIP = Result.SUCCEEDED, Result.FAILED, Result.SKIPPED
FAILED_RUN, RUNNING_RUN, HOSTILE_RUN, LONG_RUN, STAGED_RUN, EMPTY_RUN, REOPENED_RUN = 57, 58, 55, 56, 54, 53, 52


def failed(world: World) -> Timeline:
    run = a_run(
        FAILED_RUN,
        "Try a deeper tree with fewer rounds",
        BAD,
        source=source(
            "Try a deeper tree with fewer rounds", "9be0417c55ad31", "experiment/deeper-trees", "Tomás Ferreira"
        ),
        tags=("nightly",),
    )
    log = (
        "##[section]Starting: Train the model\n##[command]/usr/bin/bash --noprofile --norc /temp/train.sh\n"
        "\x1b[1mturbofan\x1b[0m: 20,631 rows, 27 columns\n##[group]Environment\nPython 3.12.4\nscikit-learn 1.7.2\n"
        "mlflow 3.17.2\n##[endgroup]\n"
        + "".join(f"\x1b[36mround {i:>3}\x1b[0m  rmse \x1b[32m{60 - i * 0.11:.3f}\x1b[0m\n" for i in range(1, 161))
        + "##[warning]learning_rate 0.9 is unusually high\n\x1b[31mTraceback (most recent call last):\x1b[0m\n"
        '  File "train.py", line 48, in <module>\n    model.fit(X, y)\nValueError: Input contains NaN.\n'
        "##[error]Bash exited with code 1\n##[section]Finishing: Train the model\n"
    )
    world.log_path(FAILED_RUN, TRAIN, 4).write_text(log)
    return Timeline(
        run,
        (
            StageRecord(
                "Train", "__default", State.COMPLETED, BAD, started_at=run.started_at, finished_at=run.finished_at
            ),
        ),
        (
            JobRecord(
                TRAIN, 1, "Train Model", State.COMPLETED, BAD, started_at=run.started_at, finished_at=run.finished_at
            ),
        ),
        steps(TRAIN, (OK, OK, OK, BAD, SKIP), 1800),
        (
            Issue("warning", "learning_rate 0.9 is unusually high", TRAIN, 1, 4, "train.py", 12, 5),
            Issue("error", "Bash exited with code 1", TRAIN, 1, 4),
            Issue(
                "error",
                "Input contains NaN. Every row of sensor_14 after 12,000 is empty; drop it or fill it.",
                TRAIN,
                1,
                4,
                "src/turbofan/train.py",
                48,
                5,
                "ValueError",
            ),
        ),
        (
            Artifact("share", "filepath", TRAIN, location="//server/share <b>"),
            Artifact("weights", "pipeline", TRAIN, 2, 4096, removed_at="2026-01-02T03:04:05.000Z"),
        ),
    )


def running(world: World) -> Timeline:
    run = a_run(RUNNING_RUN, "Lower the learning rate to 0.05", None, started_at=at(41), created_at=at(43))
    world.log_path(RUNNING_RUN, TRAIN, 4).write_text("##[section]Starting: Train the model\nround 1  rmse 59.89\n")
    return Timeline(
        run,
        (StageRecord("Train", "Train", State.RUNNING, started_at=at(40)), StageRecord("Deploy", "Deploy to staging")),
        (JobRecord(TRAIN, 1, "Train Model", State.RUNNING, started_at=at(39)),),
        steps(TRAIN, (OK, OK, OK, None, None), 39, running=4),
    )


def staged(world: World) -> Timeline:
    run = a_run(
        STAGED_RUN,
        "Add the sensor drift features (#128)",
        Result.SUCCEEDED_WITH_ISSUES,
        reason=Reason.PULL_REQUEST,
        source=source("Add the sensor drift features (#128)", branch="refs/pull/128/merge"),
        parameters={"rounds": 200, "dataset": "FD001"},
        variables={"seed": "42"},
    )
    jobs = [
        JobRef("Build", "lint"),
        *(JobRef("Build", "test", f"py3{i}") for i in (10, 11, 12, 13)),
        TRAIN,
        JobRef("Train", "report"),
    ]
    records = tuple(
        JobRecord(
            job,
            1,
            {"lint": "Lint", "report": "Report"}.get(job.job, f"Test {job.leg}" if job.leg else "Train Model"),
            State.COMPLETED,
            OK,
            started_at=at(3600),
            finished_at=at(3590 - 3 * i),
        )
        for i, job in enumerate(jobs)
    )
    records += (
        JobRecord(
            JobRef("Deploy", "deploy"),
            1,
            "Deploy",
            State.COMPLETED,
            SKIP,
            "the condition eq(variables['Build.SourceBranch'], 'refs/heads/main') is false",
        ),
    )
    folder = world.artifacts_folder(STAGED_RUN)
    for name, files in {
        "model": ("model.pkl", "MLmodel", "conda.yaml"),
        "report": ("index.html", "plots/rmse.png"),
    }.items():
        for file in files:
            (folder / name / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / file).write_bytes(f"{name}/{file}\n".encode() * 4000)
    for job in jobs:
        for index in range(1, 6):
            world.log_path(STAGED_RUN, job, index).write_text(
                f"##[section]Starting: {STEPS[index - 1]}\nAll is well.\n"
            )
    names = {"Build": "Build and test", "Train": "Train", "Deploy": "Deploy to staging"}
    return Timeline(
        run,
        tuple(
            StageRecord(
                name,
                shown,
                State.COMPLETED,
                {"Deploy": SKIP}.get(name, OK),
                started_at=at(3600) if name != "Deploy" else "",
                finished_at=at(3570) if name != "Deploy" else "",
            )
            for name, shown in names.items()
        ),
        records,
        tuple(
            step
            for job in jobs
            for step in steps(job, (OK, OK, Result.SUCCEEDED_WITH_ISSUES if job.leg == "py313" else OK, OK, OK), 3600)
        ),
        (
            Issue(
                "warning",
                "Python 3.13: 2 deprecation warnings in turbofan.features",
                JobRef("Build", "test", "py313"),
                1,
                3,
            ),
        ),
        (
            Artifact("model", "pipeline", TRAIN, 3, 184_320, at(3500), properties={"user-rmse": "40.12"}),
            Artifact("report", "container", JobRef("Train", "report"), 2, 1_204_224, at(3490)),
        ),
    )


def reopened() -> Timeline:
    """What failed was run again, and now somebody has to approve."""
    run = a_run(REOPENED_RUN, "Ship the new model", None, finished_at="", waiting=True)
    flaky, quick = JobRef("Build", "test", "py312"), JobRef("Build", "lint")
    ended = EndedStage(1, BAD, "", at(900), at(840))
    return Timeline(
        run,
        (
            StageRecord("Build", "Build", State.COMPLETED, OK, 2, "", at(300), at(240), earlier=(ended,)),
            StageRecord("Deploy", "Deploy to production", reason="Waiting for approval by Mira Lindqvist", attempt=2),
        ),
        (
            JobRecord(quick, 1, "Lint", State.COMPLETED, OK, started_at=at(900), finished_at=at(890)),
            JobRecord(flaky, 1, "Test py312", State.COMPLETED, BAD, started_at=at(900), finished_at=at(840)),
            JobRecord(
                flaky, 2, "Test py312", State.COMPLETED, OK, started_at=at(300), finished_at=at(240), stage_attempt=2
            ),
        ),
        steps(quick, (OK, OK), 900),
        (
            Issue("error", "Bash exited with code 1", flaky, 1, 4),
            Issue("error", "Stage Deploy: rejected by Mira Lindqvist", stage="Deploy"),
        ),
    )


def hostile(world: World) -> Timeline:
    job = JobRef("Train", "train", HOSTILE[:30])
    run = a_run(
        HOSTILE_RUN,
        f"{HOSTILE} {RTL}",
        Result.CANCELED,
        number=HOSTILE,
        source=source(f"{HOSTILE} {RTL} {LONG}", branch=f"{HOSTILE}/{LONG}", author=f"{RTL}{HOSTILE}"),
        tags=(HOSTILE, LONG),
        pipeline=f"{LONG}{HOSTILE}",
        parameters={HOSTILE: LONG},
    )
    lines = [
        HOSTILE,
        RTL,
        LONG * 30,
        "\x1b]0;title\x07\x1b[2J\x1b[38;5;196mred\x1b[999;1Hmoved",
        "\x1b[31m\x1b[32m" * 3000 + "bomb",
        "nul \x00 bell \x07",
        "10%\r50%\r100%",
        "</span></div><script>1</script>",
        "##[error]" + HOSTILE,
    ]
    world.log_path(HOSTILE_RUN, job, 1).write_text("\n".join(lines) + "\n", newline="")
    folder = world.artifacts_folder(HOSTILE_RUN) / "<b>x<"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "<img src=x>.html").write_text(HOSTILE)
    (folder / "out").symlink_to("/etc/passwd")
    return Timeline(
        run,
        (
            StageRecord(
                "Train",
                f"{HOSTILE}{LONG}",
                State.COMPLETED,
                Result.CANCELED,
                started_at=run.started_at,
                finished_at=run.finished_at,
            ),
        ),
        (
            JobRecord(
                job,
                1,
                f"{HOSTILE} {LONG}",
                State.COMPLETED,
                Result.CANCELED,
                HOSTILE,
                started_at=run.started_at,
                finished_at=run.finished_at,
            ),
        ),
        (
            StepRecord(
                job,
                1,
                1,
                "x",
                f"{RTL} {HOSTILE} {LONG}",
                "Bash@3",
                State.COMPLETED,
                Result.CANCELED,
                started_at=run.started_at,
                finished_at=run.finished_at,
                reason=LONG,
            ),
        ),
        (Issue("error", f"{HOSTILE} {LONG} {RTL}", job, 1, 1, f"{LONG}.py", 3, 1),),
        (
            Artifact("<b>x<", "pipeline", job, 1, 99),
            Artifact("../../etc", "pipeline", job, 1, 1),
            Artifact(LONG, "pipeline", job, 1, 1),
        ),
    )


def long(world: World) -> Timeline:
    run = a_run(LONG_RUN, "Log every row", OK)
    path = world.log_path(LONG_RUN, TRAIN, 4)
    with path.open("w") as file:
        for i in range(1, LONG_LOG_LINES + 1):
            if i % 1000 == 100:
                file.write(f"##[group]Block {i}\n")
            elif i % 1000 == 200:
                file.write("##[endgroup]\n")
            elif i == 150_123:
                file.write("##[error]row 150123 has a needle in it\n")
            else:
                file.write(f"row {i}  sensor \x1b[36m{(i * 7919) % 997 / 10:.1f}\x1b[0m  rul {i % 362}\n")
    _times(path, every=4096)
    return Timeline(
        run,
        (
            StageRecord(
                "Train", "__default", State.COMPLETED, OK, started_at=run.started_at, finished_at=run.finished_at
            ),
        ),
        (
            JobRecord(
                TRAIN, 1, "Train Model", State.COMPLETED, OK, started_at=run.started_at, finished_at=run.finished_at
            ),
        ),
        steps(TRAIN, (OK, OK, OK, OK, OK), 2400),
    )


def _times(log: Path, every: int) -> None:
    """What the runner notes beside a log: pairs of offset and milliseconds."""
    records = [(offset, 1_700_000_000_000 + offset) for offset in range(0, log.stat().st_size, every)]
    log.with_suffix(".times").write_bytes(b"".join(struct.pack("<QQ", *record) for record in records))
