"""Every verb of the stand-ins for `az ml` and `az pipelines`, against a server, as tests/azure/az tells them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.run.az.in_job import devops_verbs, ml_verbs
from drivetrain.run.az.shim import IN_JOB
from tests.azure.az.transcripts import Line, read
from tests.azure.conftest import PATIENCE, SCRIPTS, SUBSCRIPTION, python_of
from tests.azure.devops_projects import add_project, run_to_its_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.azure.conftest import Served

TOLD = Path(__file__).parent / "az"


def carried_out(served: Served, client: str, lines: Sequence[Line], folder: Path, **more: str) -> list[list[Any]]:
    """What each line came to, in one process that has only this client."""
    file = folder / "lines.json"
    file.write_text(json.dumps([[line.words, line.keep] for line in lines]))
    done = subprocess.run(
        [python_of(client), "-W", "ignore", SCRIPTS / "az_lines.py", IN_JOB.parent, file],
        env={**served.environment(), "AZURE_CONFIG_DIR": str(folder / "az"), "COLUMNS": "80", **more}, cwd=folder,
        capture_output=True, text=True, check=False, timeout=PATIENCE, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-8000:]
    told: list[list[Any]] = json.loads(done.stdout.splitlines()[-1])["told"]
    return told


def check(lines: Sequence[Line], told: Sequence[Sequence[Any]]) -> None:
    found = [words for line, each in zip(lines, told, strict=True) if (words := line.differs(each))]
    if found:
        pytest.fail("\n\n".join(found), pytrace=False)


def used(lines: Sequence[Line], group: str) -> set[str]:
    words = [" ".join(line.words[1:]) for line in lines if line.words[0] == group]
    return {name for name in {*ml_verbs.VERBS, *devops_verbs.PIPELINES.VERBS, *devops_verbs.DEVOPS.VERBS}
            if any(each == name or each.startswith(f"{name} ") for each in words)}  # fmt: skip


def test_az_ml(served: Served, tmp_path: Path) -> None:
    folder = tmp_path / "verbs"
    shutil.copytree(TOLD / "files", folder)
    lines = read(TOLD / "ml.txt")
    assert set(ml_verbs.VERBS) - used(lines, "ml") == set()
    defaults = {"AZURE_DEFAULTS_GROUP": "verbs", "AZURE_DEFAULTS_WORKSPACE": "verbs"}
    told = carried_out(served, "ml", lines, folder, AZURE_SUBSCRIPTION_ID=SUBSCRIPTION, **defaults)
    check(lines, told)
    assert (folder / "got" / "taster" / "model" / "model.bin").read_text() == "weights\n"
    assert "hello me" in (folder / "written" / "artifacts" / "user_logs" / "std_log.txt").read_text()
    assert "display_name: First" in (folder / "saved.yml").read_text()


PIPELINE = """
trigger: none
parameters:
- {name: who, type: string, default: world}
- {name: nap, type: number, default: 0}
steps:
- checkout: none
- bash: sleep ${{ parameters.nap }} && mkdir out && echo hello ${{ parameters.who }} > out/told
- publish: out
  artifact: drop
"""


def test_az_pipelines(served: Served, tmp_path: Path) -> None:
    add_project(served, tmp_path / "perry", "Perry", PIPELINE)
    run = run_to_its_end(served, "Perry")
    folder = tmp_path / "pipelines"
    folder.mkdir()
    lines = read(TOLD / "pipelines.txt", project="Perry", run=str(run))
    names = {*devops_verbs.PIPELINES.VERBS, *devops_verbs.DEVOPS.VERBS}
    assert names - used(lines, "pipelines") - used(lines, "devops") == set()
    token = json.loads(served.cli("token", "create", "az-verbs", "--scope", "manage", "--json"))["token"]
    more = {"AZURE_DEVOPS_EXT_PAT": token, "AZURE_DEVOPS_CACHE_DIR": str(tmp_path)}
    check(lines, carried_out(served, "devops", lines, folder, **more))
    assert (folder / "got" / "told").read_text() == "hello world\n"
