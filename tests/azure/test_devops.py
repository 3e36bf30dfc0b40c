"""The Azure DevOps API by its official client, as the owner and as a job."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.store.database import Database
from drivetrain.store.queries import SqliteRunQueries
from drivetrain.store.runs import SqliteRunStore
from tests.azure.devops_projects import add_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.azure.conftest import Served

PIPELINE = """
name: $(Date:yyyyMMdd)$(Rev:.r)
trigger: none
parameters:
- {name: who, type: string, default: world}
stages:
- stage: Build
  jobs:
  - job: make
    steps:
    - bash: |
        echo hello ${{ parameters.who }}
        echo "the colour is $(colour)"
        echo "##vso[task.logissue type=warning]careful"
        echo "##vso[build.addbuildtag]made"
        mkdir -p out && echo content > out/file.txt
        echo '# All is well' > summary.md && echo "##vso[task.uploadsummary]$PWD/summary.md"
        cat > tests.xml <<'XML'
        <testsuite name="unit"><testcase classname="a" name="good"/>
        <testcase classname="a" name="bad"><failure message="no">trace</failure></testcase></testsuite>
        XML
      displayName: Greet
    - publish: out
      artifact: drop
    - task: PublishTestResults@2
      inputs: {testResultsFiles: tests.xml, testRunTitle: unit tests, failTaskOnFailedTests: false}
- stage: After
  jobs:
  - job: last
    steps:
    - checkout: none
    - bash: echo done
"""

NAPPING = """
trigger: none
steps:
- bash: sleep $(nap)
- checkout: none
"""


@pytest.fixture(scope="session")
def project(served: Served, tmp_path_factory: pytest.TempPathFactory) -> str:
    add_project(served, tmp_path_factory.mktemp("devops") / "Wine", "Wine", PIPELINE)
    return "Wine"


def test_the_client_reads_all_of_a_run(
    client: Callable[..., Any], served: Served, project: str, tmp_path: Path
) -> None:
    made = served.cli("token", "create", "of-the-client", "--scope", "manage", "--project", project, "--json")
    personal_token = json.loads(made)["token"]
    found = client(
        "devops", "devops_read.py", f"{served.info.url}/anything", personal_token, project,
        AZURE_DEVOPS_CACHE_DIR=str(tmp_path),
    )  # fmt: skip
    timeline = SqliteRunQueries(SqliteRunStore(Database(served.home.database))).timeline(found["run_id"])
    run = timeline.run
    assert found["project"][0::2] == ["Wine", "wellFormed"]
    assert "Wine" in found["projects"]
    assert found["pipeline"] == [run.project_id, "Wine", "azure-pipelines.yml", "\\"]
    assert found["build"] == [run.number, "completed", "succeeded", "manual", "refs/heads/main"]
    assert found["parameters"] == [{"colour": "green"}, {"who": "the client"}] == [run.variables, run.parameters]
    assert not {"definition", "requested_for", "logs", "queue", "orchestration_plan", "tags"} - set(
        found["build_fields"]
    )
    assert not {"resources", "variables", "finished_date", "pipeline"} - set(found["run_fields"])
    kinds = [kind for kind, *_ in found["records"]]
    assert [kinds.count(each) for each in ("Stage", "Phase", "Job", "Task")] == [2, 2, 2, len(timeline.steps)]
    assert found["parents"]
    assert found["issues"] == ["careful"]
    assert {"hello the client", "the colour is green", "##[warning]careful"} < set(found["greeting"])
    assert found["two_lines"] == 2
    assert found["as_text"]
    assert all(found["logs"])
    assert found["zip"] == found["archive"] == "PK"
    assert found["artifacts"] == [["drop", "PipelineArtifact"]]
    assert found["tests"] == ["unit tests", 2, 1, 1]
    assert found["results"] == [["bad", "Failed", "no"], ["good", "Passed", ""]]
    assert found["refs"] == ["refs/heads/main"]
    assert found["items"] == ["/", "/azure-pipelines.yml"]
    assert found["commits"] == ["First"]
    assert "echo hello nobody" in found["preview"]
    assert found["latest"]
    assert found["attachments"] == ["summary.md"]
    with urllib.request.urlopen(found["signed"]) as answer:
        assert zipfile.ZipFile(io.BytesIO(answer.read())).read("drop/file.txt") == b"content\n"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(found["signed"][:-1] + ("0" if found["signed"][-1] != "0" else "1"))


def test_the_client_changes_what_can_be_changed(client: Callable[..., Any], served: Served, tmp_path: Path) -> None:
    add_project(served, tmp_path / "W", "Whisky", NAPPING)
    found = client(
        "devops", "devops_change.py", served.address, served.owner_token, "Whisky", AZURE_DEVOPS_CACHE_DIR=str(tmp_path)
    )
    first, second = found["ids"]
    queries = SqliteRunQueries(SqliteRunStore(Database(served.home.database)))
    assert found["canceled"] == ["cancelling", "canceled"]
    assert found["second"] == "succeeded"
    assert found["failed"] == [first]
    assert found["retried"] in {"notStarted", "inProgress", "completed"}
    assert found["tags"][-1] == ["four", "three"] == sorted(queries.timeline(second).run.tags)
    assert found["tagged"] == [second]
    assert found["kept"] == [True, False]
    assert found["leases"] == ["me"]
    assert not found["left"]
    assert found["paged"]
    assert found["ascending"]
    assert not found["other_branch"]
    group = json.loads(served.cli("variable-group", "show", "client", "--project", "Whisky", "--json"))
    values = {each["name"]: each["value"] for each in group["values"]}
    assert values == {"plain": "2", "hidden": None}
    assert {name: value for name, (value, _) in found["group"].items()} == values
    assert found["listed"] == ["client"]
    assert "client-env" in served.cli("environment", "list")
    keys = {what: told and told[0] for what, told in found["refused"].items()}
    assert keys == {
        "no project": "ProjectDoesNotExistWithNameException",
        "no build": "BuildNotFoundException",
        "no definition": "DefinitionNotFoundException",
        "unknown parameter": "PipelineValidationException",
        "unknown branch": "NotFoundException",
        "bad tag": "InvalidRequestException",
    }


def test_the_badge_of_a_pipeline_is_at_azures_address(served: Served, project: str) -> None:
    def asked(path: str, token: str = served.owner_token) -> tuple[int, str]:
        request = urllib.request.Request(f"{served.info.url}/{path}")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    address = f"anything/{project}/_apis/build/status/{project}"
    status, svg = asked(f"{address}?label=Wine%20%26%20more&branchName=no-such-branch&api-version=7.1")
    assert (status, "Wine &amp; more: never built" in svg) == (200, True)
    assert asked(address, "")[0] == 401
    assert asked(f"anything/{project}/_apis/build/status/Whisky")[0] == 404
