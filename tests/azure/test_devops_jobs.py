"""What a job may ask of the Azure DevOps API with its own token."""

from __future__ import annotations

import getpass
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.home import Home
from drivetrain.store.database import Database
from drivetrain.store.queries import SqliteRunQueries
from drivetrain.store.runs import SqliteRunStore
from drivetrain.view.ports import RunFilter
from tests.azure.conftest import COMMAND, PATIENCE, SCRIPTS, python_of
from tests.azure.devops_projects import Answer, add_project, ask, make_repository, run_to_its_end, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.azure.conftest import Served

ELSEWHERE = "trigger: none\nsteps:\n- checkout: none\n- bash: echo a secret of this project\n"
GATED = """
trigger: none
stages:
- stage: ship
  jobs:
  - deployment: ship
    environment: shop
    strategy: {runOnce: {deploy: {steps: [{bash: echo shipped}]}}}
- stage: ask
  dependsOn: []
  jobs:
  - job: itself
    steps:
    - checkout: none
    - bash: |
        curl --silent --output answer.json --write-out '%{http_code}' --user ":$TOKEN" -X PATCH \\
          -H 'Content-Type: application/json' -d "[{\\"approvalId\\": \\"x\\", \\"status\\": \\"approved\\"}]" \\
          "$(System.CollectionUri)$(System.TeamProject)/_apis/pipelines/approvals?api-version=7.1" > code
        curl --silent --write-out '%{http_code}' --output /dev/null -H "Authorization: Bearer $TOKEN" \\
          "$(System.TeamFoundationCollectionUri)$(System.TeamProjectId)/_apis/build/builds/$(Build.BuildId)" >> code
        curl --silent --write-out '%{http_code}' --output /dev/null --user ":$TOKEN" \\
          "$(System.CollectionUri)runs" >> code
      env: {TOKEN: $(System.AccessToken)}
    - publish: code
      artifact: code
"""


def asking() -> str:
    """A pipeline whose job asks by the official client."""
    asks = f"{python_of('devops')} -W ignore {SCRIPTS / 'devops_job.py'} result/result.json"
    return f"""
trigger: none
parameters:
- {{name: again, type: boolean, default: true}}
steps:
- ${{{{ if parameters.again }}}}:
  - bash: mkdir result && {asks}
    env: {{SYSTEM_ACCESSTOKEN: $(System.AccessToken), AZURE_DEVOPS_CACHE_DIR: $(Agent.TempDirectory)}}
  - publish: result
    artifact: result
- ${{{{ else }}}}:
  - bash: echo once is enough
"""


def told(home: Home, run_id: int) -> Any:
    return json.loads((home.artifacts(run_id) / "result" / "result.json").read_text())


REFUSED = {
    "another project": "ProjectDoesNotExistWithNameException",
    "a build of another project": "BuildNotFoundException",
    "a log of another project": "ProjectDoesNotExistWithNameException",
    "a new group": "AccessCheckException",
    "a new environment": "AccessCheckException",
}


@pytest.fixture(scope="session")
def elsewhere(served: Served, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A run of a project that the jobs of these tests have nothing to do with."""
    add_project(served, tmp_path_factory.mktemp("elsewhere") / "cellar", "Cellar", ELSEWHERE)
    return {"FOREIGN_PROJECT": "Cellar", "FOREIGN_BUILD": str(run_to_its_end(served, "Cellar"))}


def test_a_job_of_a_project(served: Served, elsewhere: dict[str, str], tmp_path: Path) -> None:
    foreign = "".join(f"- {{name: {name}, value: '{value}'}}\n" for name, value in elsewhere.items())
    add_project(served, tmp_path / "beer", "Beer", f"variables:\n{foreign}{asking()}")
    served.cli("variable-group", "add", "beer", "--project", "Beer", "-v", "plain=1")
    served.cli("variable-group", "set", "beer", "hidden", "s3cret", "--secret", "--project", "Beer")
    run_id = run_to_its_end(served, "Beer")
    found = told(served.home, run_id)
    assert found["projects"] == ["Beer"]
    assert found["own"] == [run_id, "inProgress"]
    assert (found["job"], found["stage"]) == ("inProgress", "Stage")
    assert found["tagged"] == ["by-the-job"]
    assert found["groups"]["beer"] == {"plain": "1", "hidden": None}
    assert found["queueing"] is None
    assert found["refused"] == REFUSED
    newest = ask(served, "GET", "/Beer/_apis/build/builds?$top=1")["value"][0]
    assert newest["id"] != run_id
    assert newest["requestedFor"]["displayName"] == "Beer Build Service"


def test_a_job_decides_nothing(served: Served, tmp_path: Path) -> None:
    add_project(served, tmp_path / "shop", "Shop", GATED)
    served.cli("check", "add", "environment:shop", "approval", "--approver", getpass.getuser(), "--project", "Shop")
    build = ask(served, "POST", "/Shop/_apis/build/builds", {"definition": {}})
    where = f"/Shop/_apis/build/builds/{build['id']}"

    def waiting() -> list[Any]:
        found: list[Any] = ask(served, "GET", "/Shop/_apis/pipelines/approvals?state=pending")["value"]
        return found

    code = served.home.artifacts(build["id"]) / "code" / "code"
    wait_for(lambda: waiting() and code.exists() and code.stat().st_size, "the job does not ask")
    assert code.read_text() == "403" + "200" + "403"
    [asked] = waiting()
    records = ask(served, "GET", f"{where}/timeline")["records"]
    assert asked["id"] in {each["id"] for each in records if each["type"] == "Checkpoint.Approval"}
    answer = [{"approvalId": asked["id"], "status": "approved", "comment": "good wine"}]
    [decided] = ask(served, "PATCH", "/Shop/_apis/pipelines/approvals?api-version=7.1", answer)["value"]
    assert decided["status"] == "approved"
    assert [step["comment"] for step in decided["steps"]] == ["good wine"]
    wait_for(lambda: ask(served, "GET", where).get("result") == "succeeded", "it is not shipped")
    environment = ask(served, "GET", "/Shop/_apis/distributedtask/environments?name=shop")["value"][0]["id"]
    path = f"/Shop/_apis/distributedtask/environments/{environment}/environmentdeploymentrecords"
    [record] = ask(served, "GET", path)["value"]
    assert (record["owner"]["id"], record["result"]) == (build["id"], "succeeded")
    with pytest.raises(Answer, match="409"):
        ask(served, "PATCH", "/Shop/_apis/pipelines/approvals", [{**answer[0], "status": "rejected"}])


@pytest.mark.parametrize("with_server", [True, False])
def test_a_job_of_a_working_tree(served: Served, tmp_path: Path, *, with_server: bool) -> None:
    home = served.home if with_server else Home(tmp_path / "home")
    folder = tmp_path / f"tree{with_server}"
    make_repository(folder, asking())
    done = subprocess.run(
        [COMMAND, "run"], cwd=folder, env={**served.environment(), "DRIVETRAIN_HOME": str(home.root)},
        capture_output=True, text=True, check=False, timeout=PATIENCE, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    [run] = SqliteRunQueries(SqliteRunStore(Database(home.database))).runs(RunFilter(pipeline=folder.name))
    found = told(home, run.id)
    assert found["projects"] == [folder.name]
    assert found["own"] == [run.id, "inProgress"]
    assert run.tags == ("by-the-job",)
    assert found["queueing"] == "InvalidRequestException"
