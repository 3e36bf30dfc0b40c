"""What becomes of `schedules:`. https://learn.microsoft.com/azure/devops/pipelines/process/scheduled-triggers"""

from __future__ import annotations

import socket
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from msgspec.json import decode

from drivetrain.run.model import Result
from drivetrain.run.predefined import Place, predefined
from drivetrain.source.events import ScheduleDue
from drivetrain.source.model import Reason, RefUpdate
from drivetrain.view.cli.project import command as project_command
from tests.sources.servers import wait_for
from tests.unit.wire.events.conftest import FILE, NOON, STEPS, Ground

if TYPE_CHECKING:
    from drivetrain.definition.model import Definition
    from drivetrain.run.ports import NewRun
    from drivetrain.source.model import Project, SourceEvent
    from drivetrain.wire.template_files import PipelineFiles
    from tests.unit.wire.conftest import Origin

HOURLY = "schedules:\n- cron: '0 * * * *'\n  displayName: Hourly\n"
MAIN = "refs/heads/main"
HOUR = timedelta(hours=1)


def due(ground: Ground, project: Project) -> list[SourceEvent]:
    """One look, then everything that waits is handled; all events of schedules so far."""
    ground.triggers.look()
    ground.processor.process()
    return ground.events(Reason.SCHEDULE, project)


@pytest.fixture
def shop(ground: Ground) -> Origin:
    return ground.repository("shop", "trigger: none\n" + HOURLY + STEPS)


@pytest.fixture
def project(ground: Ground, shop: Origin) -> Project:
    return ground.project(shop)


def test_a_schedule_is_due_at_its_time_and_the_run_knows_its_name(
    ground: Ground, shop: Origin, project: Project
) -> None:
    assert due(ground, project) == []
    ground.clock.at = NOON + HOUR - timedelta(seconds=1)
    assert due(ground, project) == []
    ground.clock.at = NOON + HOUR
    (event,) = due(ground, project)
    assert event.cause == ScheduleDue("0 * * * *", "2026-03-04T13:00:00.000Z", "Hourly")
    assert event.outcome == "schedules: '0 * * * *' was due at 2026-03-04T13:00:00.000Z"
    run = ground.run_of(event)
    assert (run.reason, run.source.ref, run.source.commit.sha) == ("Schedule", MAIN, shop.git("rev-parse", "HEAD"))
    plan = ground.storage.runs.plan(run.id)
    assert plan is not None
    assert predefined(Place(run, plan))["Build.CronSchedule.DisplayName"] == "Hourly"


def test_what_was_missed_while_the_server_was_down_is_caught_up_once(ground: Ground, project: Project) -> None:
    assert due(ground, project) == []
    ground.clock.at = NOON + 72 * HOUR + timedelta(minutes=5)
    ground.start()
    (event,) = due(ground, project)
    assert isinstance(event.cause, ScheduleDue)
    assert event.cause.due_at == "2026-03-07T12:00:00.000Z"
    assert len(due(ground, project)) == 1
    ground.clock.at += HOUR
    assert len(due(ground, project)) == 2


def test_a_clock_that_jumps_neither_doubles_nor_silences_a_schedule(ground: Ground, project: Project) -> None:
    due(ground, project)
    ground.clock.at = NOON + HOUR
    assert len(due(ground, project)) == 1
    ground.clock.at = NOON + timedelta(minutes=30)  # back: the same hour comes again
    due(ground, project)
    ground.clock.at = NOON + HOUR
    assert len(due(ground, project)) == 1
    ground.clock.at = NOON + 10_000 * HOUR  # far ahead, and back
    assert len(due(ground, project)) == 2
    ground.clock.at = NOON + HOUR + timedelta(minutes=1)
    assert len(due(ground, project)) == 2
    ground.clock.at = NOON + 2 * HOUR
    assert len(due(ground, project)) == 3
    ground.clock.at = NOON + 20_000 * HOUR
    due(ground, project)
    ground.clock.at = NOON + 2 * HOUR + timedelta(minutes=1)
    ground.start()  # also when the clock was put right while the server was down
    ground.triggers.look()
    ground.clock.at = NOON + 3 * HOUR
    assert len(due(ground, project)) == 5


def test_a_crash_between_the_event_and_the_next_time_doubles_nothing(ground: Ground, project: Project) -> None:
    due(ground, project)
    ground.clock.at = NOON + HOUR
    before = list(ground.schedules.every())
    assert len(due(ground, project)) == 1
    ground.schedules.advance(before[0], before[0].due_at)  # as if that was never written
    ground.start()
    assert len(due(ground, project)) == 1


def test_nothing_is_run_while_nothing_has_changed_since_the_last_that_succeeded(
    ground: Ground, shop: Origin, project: Project
) -> None:
    due(ground, project)
    ground.clock.at += HOUR
    first = ground.run_of(due(ground, project)[-1])
    ground.clock.at += HOUR
    second = ground.run_of(due(ground, project)[-1])  # the first has not succeeded yet
    ground.end(first.id, Result.FAILED)
    ground.end(second.id)
    ground.clock.at += HOUR
    event = due(ground, project)[-1]
    assert (event.run_id, event.outcome) == (
        None,
        f"nothing has changed since run {second.id}, the last scheduled one that succeeded; `always` is not set",
    )
    shop.commit("more", "more.py")
    ground.see(project)
    ground.clock.at += HOUR
    assert ground.run_of(due(ground, project)[-1]).source.commit.message == "more"


def test_always_runs_always_also_with_batch(ground: Ground, shop: Origin, project: Project) -> None:
    shop.commit("trigger: none\n" + HOURLY + "  always: true\n  batch: true\n" + STEPS, FILE)
    ground.see(project)
    due(ground, project)
    for _ in range(2):
        ground.clock.at += HOUR
        assert due(ground, project)[-1].run_id
    ground.end(1)
    ground.clock.at += HOUR
    assert due(ground, project)[-1].run_id == 3


def test_batch_leaves_out_while_a_scheduled_run_goes_on(ground: Ground, shop: Origin, project: Project) -> None:
    shop.commit("trigger: none\n" + HOURLY + "  batch: true\n" + STEPS, FILE)
    ground.see(project)
    due(ground, project)
    ground.clock.at += HOUR
    run = ground.run_of(due(ground, project)[-1])
    ground.clock.at += HOUR
    assert due(ground, project)[-1].outcome == f"`batch` is set, and run {run.id} of a schedule is not completed"
    ground.end(run.id, Result.FAILED)
    ground.clock.at += HOUR
    assert due(ground, project)[-1].run_id


def test_a_push_that_waits_for_its_batch_does_not_take_a_schedule_with_it(
    ground: Ground, shop: Origin, project: Project
) -> None:
    shop.commit("trigger: {batch: true}\n" + HOURLY + STEPS, FILE)
    ground.see(project)
    due(ground, project)
    shas = []
    for number in range(2):
        shas.append(shop.commit(str(number), "n.txt"))
        before = ground.storage.source_events.position(project.id, MAIN)
        ground.storage.source_events.ingest(RefUpdate(project.id, MAIN, before, shas[-1]), Reason.INDIVIDUAL_CI)
        ground.processor.process()
    ground.clock.at += HOUR
    ground.seconds += 10  # time to look again at what waits
    assert ground.run_of(due(ground, project)[-1]).reason is Reason.SCHEDULE
    for run in (1, 2):
        ground.end(run)
    ground.seconds += 10
    ground.processor.process()
    batched = [event for event in ground.events(Reason.INDIVIDUAL_CI, project) if event.run_id]
    runs = [ground.run_of(event) for event in batched]
    assert [(run.reason, run.source.commit.sha) for run in runs] == [(Reason.BATCHED_CI, sha) for sha in shas]


def test_each_branch_has_the_schedules_of_its_own_file(ground: Ground, shop: Origin, project: Project) -> None:
    """https://learn.microsoft.com/azure/devops/pipelines/process/scheduled-triggers#branch-considerations-for-scheduled-triggers"""
    only = "schedules:\n- cron: '0 0 * * *'\n  branches: {include: [%s]}\n" + STEPS
    shop.commit(only % "main", FILE)
    shop.git("branch", "release")
    shop.git("checkout", "--quiet", "-b", "new-feature")
    shop.commit(only % "main, new-feature", FILE)
    shop.git("checkout", "--quiet", "main")
    shop.commit(only % "main, release", FILE)
    ground.see(project)
    due(ground, project)
    assert sorted(each.ref for each in ground.schedules.every()) == [MAIN, "refs/heads/new-feature"]
    ground.clock.at = NOON + 12 * HOUR
    assert {event.update.ref for event in due(ground, project)} == {MAIN, "refs/heads/new-feature"}


def test_a_deleted_branch_a_rewritten_one_and_one_called_reboot(ground: Ground, shop: Origin, project: Project) -> None:
    for name in ("gone", "$(reboot)"):
        shop.git("branch", name)
    ground.see(project)
    due(ground, project)
    assert len(ground.schedules.every()) == 3
    shop.git("branch", "-D", "gone")
    shop.git("commit", "--quiet", "--amend", "-m", "rewritten")
    ground.see(project)
    ground.clock.at += HOUR
    events = due(ground, project)
    assert {event.update.ref for event in events} == {MAIN, "refs/heads/$(reboot)"}
    assert {ground.run_of(event).source.commit.message for event in events if event.update.ref == MAIN} == {"rewritten"}


def test_a_file_with_errors_or_without_schedules_has_none(ground: Ground, shop: Origin, project: Project) -> None:
    due(ground, project)
    shop.commit("schedules: [{cron: '99 * * * *'}]\nsteps: 1\n", FILE)
    ground.see(project)
    due(ground, project)
    assert list(ground.schedules.every()) == []
    shop.git("rm", "--quiet", FILE)
    shop.git("commit", "--quiet", "-m", "no file")
    ground.see(project)
    due(ground, project)
    assert list(ground.schedules.moved()) == []


def test_a_schedule_that_was_taken_out_before_its_event_was_handled_runs_nothing(
    ground: Ground, shop: Origin, project: Project
) -> None:
    due(ground, project)
    shop.commit("trigger: none\n" + STEPS, FILE)
    events = ground.storage.source_events
    ground.see(project)
    ground.clock.at += HOUR
    ground.triggers.scheduling.take_due()  # before it was seen that the file has changed
    ground.processor.process()
    (event,) = ground.events(Reason.SCHEDULE, project)
    assert event.outcome == f"the file of {MAIN} has no schedule '0 * * * *' any more"
    assert events.pending() == ()


def test_only_files_that_have_changed_are_read_again(
    ground: Ground, shop: Origin, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(ground, project)
    read: list[str] = []
    maker = ground.launcher.maker
    define = maker.define

    def counted(text: str, files: PipelineFiles, new: NewRun) -> Definition:
        read.append(text)
        return define(text, files, new)

    monkeypatch.setattr(maker, "define", counted)
    for number in range(20):
        shop.git("branch", f"b{number}")
    shop.commit("x", "other.py")
    ground.see(project)
    ground.triggers.scheduling.read_moved()
    assert len(read) == 20  # once for each new branch; main has the same file as before
    assert len(ground.schedules.every()) == 21


def test_what_is_due_next_is_listed(ground: Ground, project: Project) -> None:
    environment = {"DRIVETRAIN_HOME": str(ground.home.root)}
    assert "nothing is scheduled" in CliRunner().invoke(project_command, ["schedules"], env=environment).output
    due(ground, project)
    shown = CliRunner().invoke(project_command, ["schedules", "shop"], env=environment).output
    assert shown.splitlines()[1].split() == [
        "2026-03-04",
        "13:00",
        "UTC",
        "shop",
        "main",
        "0",
        "*",
        "*",
        "*",
        "*",
        "Hourly",
    ]
    listed = decode(CliRunner().invoke(project_command, ["schedules", "--json"], env=environment).output)
    assert (listed[0]["due_at"], listed[0]["schedule"]["cron"]) == ("2026-03-04T13:00:00Z", "0 * * * *")
    assert "no project 'x'" in str(CliRunner().invoke(project_command, ["schedules", "x"], env=environment).exception)


HANGING = "resources:\n  repositories:\n  - repository: far\n    type: github\n    name: a/b\n    trigger: true\n"


def test_a_host_that_does_not_answer_keeps_no_schedule_waiting(ground: Ground, project: Project) -> None:
    ground.triggers.look()
    waiting = ground.project(ground.repository("waiting", "trigger: none\n" + HANGING + STEPS))
    stop = Event()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        ground.home.config.write_text(f'[repository_hosts]\ngithub = "http://127.0.0.1:{mute.getsockname()[1]}"\n')
        threads = [Thread(target=work, args=(stop,)) for work in ground.triggers.works.values()]
        for thread in threads:
            thread.start()
        asked, _ = mute.accept()
        ground.clock.at = NOON + HOUR
        wait_for(lambda: ground.events(Reason.SCHEDULE, project), "the schedule to be taken")
        assert ground.events(Reason.RESOURCE_TRIGGER, waiting) == []
        stop.set()
        asked.close()
    for thread in threads:
        thread.join()
