from __future__ import annotations

from typing import Any

Make = Any


def test_each_step_has_variables_of_its_own(run_job: Make, step: Make) -> None:
    show = 'echo "$SYSTEM_TASKINSTANCENAME|$SYSTEM_TASKDISPLAYNAME|$TASK_DISPLAYNAME|$SYSTEM_TASKINSTANCEID"'
    job = run_job(
        step(show, name="one", display_name="First of $(Agent.OS)"), step(show, name="two", display_name="Second")
    )
    first, second = (job.output(index).strip().split("|") for index in (1, 2))
    assert first[:3] == ["one", "First of Linux", "First of Linux"]
    assert second[:3] == ["two", "Second", "Second"]
    assert len({first[3], second[3]}) == 2


def test_diagnostics_are_on_only_while_debugging(run_job: Make) -> None:
    assert run_job('echo "[$AGENT_DIAGNOSTIC]"').output() == "[]\n"
    assert "[true]\n" in run_job('echo "[$AGENT_DIAGNOSTIC]"', variables={"System.Debug": "True"}).output()
