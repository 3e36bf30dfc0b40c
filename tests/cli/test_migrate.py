"""`drivetrain migrate` on real folders."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

DRIVETRAIN = Path(sys.executable).with_name("drivetrain")


def migrate(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DRIVETRAIN, "migrate", *options],
        cwd=folder,
        env={"DRIVETRAIN_HOME": str(folder / ".home"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_not_served_is_listed_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("from azureml.pipeline.core import Pipeline\n")
    (tmp_path / "azure-pipelines.yml").write_text("steps:\n- task: AzureStaticWebApp@0\n")
    done = migrate(tmp_path)
    assert done.returncode == 1
    assert "src/train.py:1:1: error: azureml.pipeline.core.Pipeline is not served here: pipelines" in done.stdout
    assert "azure-pipelines.yml:2:9: error: task 'AzureStaticWebApp@0' cannot run here yet" in done.stdout
    assert "2 files looked into" in done.stderr
    entries = json.loads(migrate(tmp_path, "--format", "json").stdout)
    assert {entry["file"] for entry in entries} == {"src/train.py", "azure-pipelines.yml"}
    assert json.loads(migrate(tmp_path, "--format", "sarif").stdout)["version"] == "2.1.0"


def test_a_repository_that_is_served_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "azure-pipelines.yml").write_text("steps:\n- bash: az ml job create --file job.yml\n")
    done = migrate(tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert "1 files looked into: all that they use is served here" in done.stderr


def test_a_pipeline_with_errors_points_to_lint(tmp_path: Path) -> None:
    (tmp_path / "azure-pipelines.yml").write_text("stepz:\n- bash: x\n")
    (tmp_path / "b.yml").write_text("trigger: [main]\nsteps:\n- template: missing.yml\n")
    done = migrate(tmp_path)
    assert done.returncode == 1
    assert "drivetrain lint b.yml" in done.stdout
