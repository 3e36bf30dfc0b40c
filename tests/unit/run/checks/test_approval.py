from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.run.checks.model import ApprovalState
from drivetrain.run.model import Result
from drivetrain.view.ports import Answer
from tests.unit.run.checks.checks_bench import deploy

if TYPE_CHECKING:
    from drivetrain.run.model import Run
    from tests.unit.run.checks.checks_bench import ChecksBench


def names(bench: ChecksBench, run: Run) -> list[tuple[str, bool]]:
    return [(each.by, each.approve) for asked in bench.checks.approvals(run.id) for each in asked.decisions]


def test_every_approver_has_to_approve(bench: ChecksBench) -> None:
    bench.approval("ben", "cleo")
    run, plan = bench.run()
    assert bench.look(run, plan).reason == "Waiting for approval of environment:staging (waits for ben, cleo)"
    bench.decide(run, "BEN")
    assert not bench.look(run, plan).open
    bench.decide(run, "cleo", comment="looks good")
    gate = bench.look(run, plan)
    assert gate.open
    told = [data for kind, data in gate.events if kind == "check.decided"]
    assert [(each["by"], each["comment"]) for each in told] == [("BEN", ""), ("cleo", "looks good")]


def test_a_minimum_is_enough(bench: ChecksBench) -> None:
    bench.approval("ben", "cleo", "dan", minimum=2)
    run, plan = bench.run()
    assert "2 of ben, cleo, dan" in bench.look(run, plan).reason
    bench.decide(run, "dan")
    assert not bench.look(run, plan).open
    bench.decide(run, "ben")
    assert bench.look(run, plan).open


def test_one_rejection_fails_the_stage(bench: ChecksBench) -> None:
    bench.approval("ben", "cleo")
    run, plan = bench.run()
    bench.look(run, plan)
    bench.decide(run, "ben")
    bench.decide(run, "cleo", approve=False, comment="not on a Friday")
    gate = bench.look(run, plan)
    assert (gate.open, gate.result) == (False, Result.FAILED)
    assert "rejected by cleo: not on a Friday" in gate.reason


def test_in_order_each_waits_for_those_before(bench: ChecksBench) -> None:
    bench.approval("ben", "cleo", inOrder=True)
    run, plan = bench.run()
    assert bench.look(run, plan).reason.endswith("(waits for ben)")
    with pytest.raises(ConflictError, match="it is the turn of ben, before cleo"):
        bench.decide(run, "cleo")
    bench.decide(run, "ben")
    assert bench.look(run, plan).reason.endswith("(waits for cleo)")
    bench.decide(run, "cleo")
    assert bench.look(run, plan).open


def test_who_asked_for_the_run_may_be_kept_from_approving_it(bench: ChecksBench) -> None:
    bench.approval("Ada", "ben", minimum=1, requesterMayApprove=False)
    run, plan = bench.run()
    bench.look(run, plan)
    with pytest.raises(ConflictError, match="asked for run 1 and may not decide"):
        bench.decide(run, "ada")
    bench.decide(run, "ben")
    assert bench.look(run, plan).open


def test_all_are_all_but_who_asked_for_the_run(bench: ChecksBench) -> None:
    bench.approval("Ada", "ben", "cleo", requesterMayApprove=False, inOrder=True)
    run, plan = bench.run()
    assert bench.look(run, plan).reason.endswith("(waits for ben)")
    bench.decide(run, "ben")
    bench.decide(run, "cleo")
    assert bench.look(run, plan).open


def test_an_approval_that_nobody_may_give_says_why(bench: ChecksBench) -> None:
    bench.approval("ada", requesterMayApprove=False)
    run, plan = bench.run()
    assert "1 to approve, but only 0 may: ada asked for the run" in bench.look(run, plan).reason


def test_others_may_not_decide(bench: ChecksBench) -> None:
    bench.approval("ben")
    run, plan = bench.run()
    bench.look(run, plan)
    with pytest.raises(ConflictError, match="eve is not an approver") as caught:
        bench.decide(run, "eve")
    assert "--as NAME" in caught.value.hint


def test_without_a_decision_the_stage_is_skipped_when_its_time_is_over(bench: ChecksBench) -> None:
    bench.approval("ben", timeout=60)
    run, plan = bench.run()
    assert bench.look(run, plan).look_again == "2026-01-02T04:04:05.000Z"
    bench.later(minutes=59)
    assert bench.look(run, plan).result is None
    bench.later(minutes=1)
    gate = bench.look(run, plan)
    assert (gate.result, gate.open) == (Result.SKIPPED, False)
    assert "within 1 hour" in gate.reason
    with pytest.raises(ConflictError, match="is over: nobody decided in time"):
        bench.decide(run, "ben")


def test_a_decision_after_the_time_is_too_late_also_when_nobody_has_looked_since(bench: ChecksBench) -> None:
    bench.approval("ben", timeout=60)
    run, plan = bench.run()
    bench.look(run, plan)
    bench.later(hours=1)  # and the server was down
    with pytest.raises(ConflictError, match="is over: nobody decided before 2026-01-02T04:04:05"):
        bench.decide(run, "ben")
    assert bench.look(run, plan).result is Result.SKIPPED


def test_the_default_time_is_thirty_days(bench: ChecksBench) -> None:
    bench.approval("ben")
    run, plan = bench.run()
    assert bench.look(run, plan).look_again == "2026-02-01T03:04:05.000Z"


def test_deciding_twice_is_harmless_and_changing_ones_mind_is_not_possible(bench: ChecksBench) -> None:
    bench.approval("ben", "cleo")
    run, plan = bench.run()
    bench.look(run, plan)
    for _ in range(3):
        bench.decide(run, "ben")
    assert names(bench, run) == [("ben", True)]
    with pytest.raises(ConflictError, match="ben has approved"):
        bench.decide(run, "ben", approve=False)
    bench.decide(run, "cleo")
    bench.look(run, plan)
    bench.decide(run, "cleo")
    assert names(bench, run) == [("ben", True), ("cleo", True)]


def test_two_who_decide_at_once_give_one_decision_each(bench: ChecksBench) -> None:
    bench.approval(*(f"person{number}" for number in range(8)))
    run, plan = bench.run()
    bench.look(run, plan)

    def decide(number: int) -> None:
        for _ in range(3):
            bench.desk.decide(run.id, Answer(approve=True, by=f"person{number % 8}"))

    threads = [threading.Thread(target=decide, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names(bench, run)) == [(f"person{number}", True) for number in range(8)]
    assert bench.look(run, plan).open


def test_yes_and_no_at_once_are_one_decision(bench: ChecksBench) -> None:
    bench.approval("ben")
    run, plan = bench.run()
    bench.look(run, plan)
    refusals: list[str] = []

    def decide(*, approve: bool) -> None:
        try:
            bench.desk.decide(run.id, Answer(approve, "ben"))
        except ConflictError as error:
            refusals.append(error.message)

    threads = [threading.Thread(target=decide, kwargs={"approve": number % 2 == 0}) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ((_, approve),) = names(bench, run)
    assert len(refusals) == 5
    assert bench.look(run, plan).open is approve


def test_a_decision_for_a_stage_that_is_over_says_so(bench: ChecksBench) -> None:
    bench.approval("ben")
    run, plan = bench.run(deploy(), deploy("Other"))
    bench.look(run, plan)
    bench.look(run, plan, 1)
    bench.end_stage(run)  # its driver was killed before it said so to the gatekeeper
    with pytest.raises(ConflictError, match="its stage or job has ended"):
        bench.decide(run, "ben", stage="deploy")
    assert [each.approval.stage for each in bench.desk.waiting()] == ["Other"]
    bench.end_run(run)
    with pytest.raises(ConflictError, match="its stage or job has ended"):
        bench.decide(run, "ben", stage="Other")
    assert bench.desk.waiting() == []


def test_what_asks_nobody_is_not_found(bench: ChecksBench) -> None:
    run, _ = bench.run()
    with pytest.raises(NotFoundError, match="run 1 asks nobody"):
        bench.decide(run, "ben")
    with pytest.raises(NotFoundError, match="has no stage Nowhere"):
        bench.decide(run, "ben", stage="Nowhere")
    with pytest.raises(NotFoundError, match="there is no run 77"):
        bench.desk.decide(77, Answer(approve=True, by="ben"))


def test_decisions_are_kept_when_the_run_is_deleted(bench: ChecksBench) -> None:
    bench.approval("ben")
    run, plan = bench.run()
    bench.look(run, plan)
    bench.decide(run, "ben", comment="go")
    bench.look(run, plan)
    bench.end_run(run)
    bench.database.connections.get().execute("DELETE FROM runs")
    (asked,) = bench.desk.of_run(run.id).approvals
    assert (asked.state, asked.decisions[0].by, asked.decisions[0].comment) == (ApprovalState.APPROVED, "ben", "go")
    (gate,) = bench.desk.of_run(run.id).gates
    assert (gate.open, gate.checks[0].state) == (True, "passed")


def test_who_was_at_the_keyboard_is_kept(bench: ChecksBench) -> None:
    bench.approval("ben")
    run, plan = bench.run()
    bench.look(run, plan)
    bench.desk.decide(run.id, Answer(approve=True, by="ben", acting="owner"))
    assert bench.checks.approvals(run.id)[0].decisions[0].acting == "owner"


def test_a_change_of_the_check_counts_from_the_next_attempt(bench: ChecksBench) -> None:
    check = bench.approval("ben")
    run, plan = bench.run()
    bench.look(run, plan)
    bench.desk.remove(check.id)
    bench.approval("cleo")
    assert "waits for ben" in bench.look(run, plan).reason
    assert "waits for cleo" in bench.look(run, plan, attempt=2).reason


def test_approvals_come_before_with_or_after_the_dynamic_checks(bench: ChecksBench) -> None:
    bench.approval("after", when="postCheck")
    bench.approval("before", when="preCheck")
    bench.approval("with")
    run, plan = bench.run()
    for name in ("before", "with", "after"):
        assert bench.look(run, plan).reason.endswith(f"(waits for {name})")
        assert [each.approval.approvers for each in bench.desk.waiting()] == [(name,)]
        bench.decide(run, name)
    assert bench.look(run, plan).open


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, "approvers"),
        ({"approvers": []}, "approvers"),
        ({"approvers": [" "]}, "approvers"),
        ({"approvers": ["ben", "Ben"]}, "approvers"),
        ({"approvers": "ben"}, "approvers"),
        ({"approvers": ["ben"], "minimum": 2}, "minimum"),
        ({"approvers": ["ben"], "minimum": -1}, "minimum"),
        ({"approvers": ["ben"], "minimum": "many"}, "minimum"),
        ({"approvers": ["ben"], "timeout": 0}, "timeout"),
        ({"approvers": ["ben"], "timeout": 1e9}, "timeout"),
        ({"approvers": ["ben"], "when": "never"}, "when"),
        ({"approvers": ["ben"], "instructions": "x" * 10_001}, "instructions"),
        ({"approvers": ["ben"], "branch": "x"}, "branch"),
    ],
)
def test_a_wrong_setting_is_named(bench: ChecksBench, settings: dict[str, object], named: str) -> None:
    with pytest.raises(UserError, match=f"^{named}: "):
        bench.add("approval", **settings)
    assert bench.desk.checks() == []
