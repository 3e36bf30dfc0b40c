"""Which of a job's variables reach which of its programs: in containers, and in steps that lead to Azure itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from drivetrain.run.azure import BUNDLE_VARIABLES, CLOUD_VARIABLES, EDGE_VARIABLES, not_inherited
from drivetrain.run.runner.state import JobState

GIVEN = dict.fromkeys((*EDGE_VARIABLES, *BUNDLE_VARIABLES), "ours") | {"AZURE_CONFIG_DIR": "/job/temp/azure"}


def job(**more: Any) -> Any:
    """As much of a job as its environment asks for."""
    inherited = {"PATH": "/bin", "IDENTITY_ENDPOINT": "of the machine"}
    return SimpleNamespace(
        _given=GIVEN,
        _base={**inherited, **GIVEN},
        _inherited=inherited,
        _python=SimpleNamespace(path_prepend=()),
        _marks=lambda _: {},
        prepended=[],
        variables=SimpleNamespace(environment=dict),
        **more,
    )


@pytest.mark.parametrize(("on_host", "expected"), [(True, set(GIVEN)), (False, {"AZURE_CONFIG_DIR"})])
def test_a_container_gets_what_it_can_reach(*, on_host: bool, expected: set[str]) -> None:
    inside = job(containers=SimpleNamespace(on_host_network=on_host))
    assert set(JobState.environment_inside(inside, {}, 1)) == expected


def test_a_step_that_leads_elsewhere_has_what_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARM_CLOUD_METADATA_URL", raising=False)
    found = JobState.environment(job(), {}, 1, EDGE_VARIABLES)
    assert {name: found.get(name) for name in EDGE_VARIABLES} == {
        **dict.fromkeys(EDGE_VARIABLES),
        "IDENTITY_ENDPOINT": "of the machine",
    }
    assert {name: found[name] for name in BUNDLE_VARIABLES} == dict.fromkeys(BUNDLE_VARIABLES, "ours")
    assert found["AZURE_CONFIG_DIR"] == "/job/temp/azure"


def test_a_step_inside_that_leads_elsewhere_has_nothing_of_ours() -> None:
    inside = job(containers=SimpleNamespace(on_host_network=True))
    found = JobState.environment_inside(inside, {}, 1, EDGE_VARIABLES)
    assert set(found) == {*BUNDLE_VARIABLES, "AZURE_CONFIG_DIR"}


def test_a_step_that_leads_elsewhere_trusts_nobody_who_speaks_for_azures_names_here() -> None:
    hosts = dict.fromkeys(BUNDLE_VARIABLES, "/home/azure/hosts/bundle.pem")
    there = job(containers=SimpleNamespace(on_host_network=True))
    there._given = {**GIVEN, **hosts}
    there._base = {**there._base, **hosts}
    for without, bundle in ((EDGE_VARIABLES, "/home/azure/bundle.pem"), ((), "/home/azure/hosts/bundle.pem")):
        for found in (
            JobState.environment(there, {}, 1, without),
            JobState.environment_inside(there, {}, 1, without),
        ):
            assert {name: found[name] for name in BUNDLE_VARIABLES} == dict.fromkeys(BUNDLE_VARIABLES, bundle)
            assert ("HTTPS_PROXY" in found) is (not without)


def test_a_terminals_way_here_is_not_its_servers_jobs() -> None:
    terminal = {"HTTPS_PROXY": "http://ours", "DRIVETRAIN_AZURE_PROXY": "shown"}
    assert {"HTTPS_PROXY", "https_proxy", "NO_PROXY"} <= {*not_inherited(terminal, "connection")}
    assert not_inherited({"HTTPS_PROXY": "http://company"}, "connection") == ()
    assert {*not_inherited({}, "hosts")} == {*CLOUD_VARIABLES}
