from __future__ import annotations

from drivetrain.plan.model import Plan, RepositoryPlan
from drivetrain.run.model import RepositorySource, Run
from drivetrain.run.resources import resources_of
from drivetrain.source.model import Commit, Reason


def test_every_repository_has_what_azure_gives_it() -> None:
    source = RepositorySource("shop", "https://h/shop", "/m", "refs/heads/main", Commit("1" * 40))
    run = Run(1, "1", "shop", "ci.yml", Reason.MANUAL, source, "Ada")
    tools = RepositoryPlan("contoso/tools", "github", "refs/tags/v1", "https://h/tools", "2" * 40, "/secret/place")
    found = resources_of(run, Plan("shop", "ci.yml", "", (), repositories={"Tools": tools}))["repositories"]
    assert isinstance(found, dict)
    assert set(found) == {"Tools", "self"}
    assert set(found["self"]) == set(found["Tools"]) == {"id", "name", "ref", "type", "url", "version"}
    assert (found["Tools"]["name"], found["Tools"]["ref"], found["Tools"]["type"]) == (
        "contoso/tools",
        "refs/tags/v1",
        "github",
    )
    assert (found["self"]["url"], found["self"]["version"]) == ("https://h/shop", "1" * 40)
    assert found["Tools"]["id"] != found["self"]["id"]
