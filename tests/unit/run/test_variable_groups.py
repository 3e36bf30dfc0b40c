"""The variables of groups in a run: their place in the order, their secrets, and groups that are not there any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from drivetrain.plan.model import ResourceKind, ResourceUse, RuntimeText, StrategyPlan, VariablePlan
from drivetrain.run.library.model import Connection, GroupVariable, ItemKind, VariableGroup
from drivetrain.run.model import JobSpec
from tests.unit.run.engine_bench import job, one_stage, plan, stage

if TYPE_CHECKING:
    from drivetrain.plan.model import Plan
    from tests.unit.run.engine_bench import Bench

GROUP = VariablePlan("", "", group="keys", position="f.yml:3:10")
SECRET = "hunter-twelve"


def keep(bench: Bench, project: str = "", **variables: str | GroupVariable) -> None:
    given = {name: GroupVariable(each) if isinstance(each, str) else each for name, each in variables.items()}
    bench.library.put(project, ItemKind.VARIABLE_GROUP, VariableGroup("keys", given))
    bench.library.permit(project, ItemKind.VARIABLE_GROUP, "keys", None)


def plain(bench: Bench, name: str = "A") -> dict[str, str]:
    spec = msgspec.json.decode((bench.runner(name).job_dir / "job.json").read_bytes(), type=JobSpec)
    return {each.name: each.value for each in spec.variables}


def secret(bench: Bench, name: str = "A") -> dict[str, str]:
    found = dict(bench.runner(name).secrets.variables)
    return {name: value for name, value in found.items() if name != "System.AccessToken"}


def with_variables(*variables: VariablePlan, condition: str = "") -> Plan:
    return one_stage(job("A", variables=variables, condition=condition))


def test_a_group_stands_in_its_place_and_a_later_one_wins_in_any_case(bench: Bench) -> None:
    keep(bench, Colour="group", size="group", one=GroupVariable("group", secret=True))
    before, after = VariablePlan("COLOUR", "before"), VariablePlan("Size", "after")
    bench.queue(with_variables(before, GROUP, after, VariablePlan("ONE", "plain")))
    found = plain(bench)
    assert (found["Colour"], found["Size"], found["ONE"]) == ("group", "after", "plain")
    assert "COLOUR" not in found
    assert secret(bench) == {}


def test_a_secret_is_told_apart_and_what_is_made_of_it_is_one(bench: Bench) -> None:
    keep(bench, password=GroupVariable(SECRET, secret=True), short=GroupVariable("e", secret=True))
    copies = [
        VariablePlan("copy", "variables.password", runtime=True),
        VariablePlan("longer", "format('-{0}-', variables.PASSWORD)", runtime=True),
        VariablePlan("by_chance", "format('level')", runtime=True),
        VariablePlan("itself", "variables.short", runtime=True),
    ]
    bench.queue(with_variables(GROUP, *copies))
    assert secret(bench) == {
        "password": SECRET,
        "short": "e",
        "copy": SECRET,
        "longer": f"-{SECRET}-",
        "itself": "e",
    }
    assert plain(bench)["by_chance"] == "level"


def test_conditions_see_them(bench: Bench) -> None:
    keep(bench, password=GroupVariable(SECRET, secret=True))
    run = bench.queue(with_variables(GROUP, condition=f"eq(variables['Password'], '{SECRET}')"))
    bench.finish("A")
    assert bench.result(run) == "Succeeded"


def test_a_group_that_is_gone_fails_its_job_with_its_place(bench: Bench) -> None:
    run = bench.queue(with_variables(GROUP))
    assert bench.result(run) == "Failed"
    assert bench.record(run, "A").reason.startswith("f.yml:3:10: variable group 'keys': there is no variable group")


def test_a_condition_that_needs_a_group_that_is_gone_fails_and_does_not_stop_the_engine(bench: Bench) -> None:
    run = bench.queue(with_variables(GROUP, condition="eq(variables.a, 'b')"))
    assert bench.result(run) == "Failed"
    assert "variable group 'keys'" in bench.record(run, "A").reason


def test_variables_that_were_given_stand_in_for_a_group_that_is_not_there(bench: Bench) -> None:
    bench.queue(with_variables(GROUP), colour="green")
    assert plain(bench)["colour"] == "green"


def test_what_is_wrong_with_an_expression_does_not_tell_a_secret(bench: Bench) -> None:
    keep(bench, password=GroupVariable(SECRET, secret=True))
    run = bench.queue(with_variables(GROUP, condition="counter('x', variables.password)"))
    assert bench.result(run) == "Failed"
    told = msgspec.json.encode(bench.timeline(run)).decode()
    assert SECRET not in told
    assert "***" in told


def test_a_secret_never_names_a_leg(bench: Bench) -> None:
    keep(bench, legs=GroupVariable('{"hunter-twelve": {"a": "b"}}', secret=True))
    strategy = StrategyPlan(matrix=RuntimeText("$[ variables.legs ]"))
    run = bench.queue(one_stage(job("A", variables=(GROUP,), strategy=strategy)))
    assert bench.result(run) == "Failed"
    assert SECRET not in msgspec.json.encode(bench.timeline(run)).decode()


def test_a_job_gets_the_connections_that_its_steps_name_and_may_use(bench: Bench) -> None:
    made = Connection(
        "id", "sub", "generic", "https://a", "Token", {"apitoken": SECRET}, secret=frozenset({"apitoken"})
    )
    bench.library.put("", ItemKind.SERVICE_CONNECTION, made)
    use = ResourceUse(ResourceKind.SERVICE_CONNECTION, "$(which)", "f.yml:9:9")
    named = one_stage(job("A", resources=(use,), variables=(VariablePlan("which", "Sub"),)))
    run = bench.queue(named)
    assert bench.record(run, "A").reason == "This pipeline needs permission to use the service connection 'Sub'."
    bench.library.permit("", ItemKind.SERVICE_CONNECTION, "sub", "/code/example")
    bench.queue(named)
    handed = bench.runner("A").secrets
    assert dict(handed.connections) == {"Sub": made}
    assert SECRET in set(handed.hidden())
    assert SECRET not in (bench.runner("A").job_dir / "job.json").read_text()


def test_groups_of_stages_reach_their_jobs_only(bench: Bench) -> None:
    keep(bench, colour="blue")
    bench.queue(plan(stage("S", job("A"), variables=(GROUP,)), stage("T", job("B"))))
    assert plain(bench, "A")["colour"] == "blue"
    assert "colour" not in plain(bench, "B")


def test_a_pull_request_from_a_fork_gets_no_secret_of_a_group_and_no_connection(bench: Bench) -> None:
    keep(bench, colour="red", password=GroupVariable(SECRET, secret=True))
    bench.library.put("", ItemKind.SERVICE_CONNECTION, Connection("1", "azure", "azurerm", "https://x", "Token"))
    bench.library.permit("", ItemKind.SERVICE_CONNECTION, "azure", None)
    uses = (ResourceUse(ResourceKind.SERVICE_CONNECTION, "azure", "f.yml:1:1"),)
    bench.queue(one_stage(job("A", variables=(GROUP,), resources=uses)), restricted=True)
    assert plain(bench)["colour"] == "red"
    assert secret(bench) == {}
    assert bench.runner("A").secrets.connections == {}
    assert SECRET not in (bench.runner("A").job_dir / "job.json").read_text()
