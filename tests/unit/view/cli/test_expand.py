from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from drivetrain.view.cli.expand import command

if TYPE_CHECKING:
    from pathlib import Path

PIPELINE = """\
parameters:
- name: rounds
  type: number
  default: 3
variables:
  apiToken: hunter2xyz
steps:
- ${{ if and(gt(parameters.rounds, 2), eq(variables.apiToken, 'hunter2xyz')) }}:
  - script: echo ${{ variables['Build.SourceBranchName'] }} ${{ variables['Build.Reason'] }}
    condition: and(succeeded(), ne(variables.apiToken, 'no'))
- template: more.yml@tools
"""
REPOSITORY = "resources:\n  repositories:\n  - repository: tools\n    type: github\n    name: acme/tools\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "more.yml").write_text("steps:\n- bash: from the other one\n")
    (tmp_path / "azure-pipelines.yml").write_text(REPOSITORY + PIPELINE)
    return tmp_path / "azure-pipelines.yml"


def call(file: Path, *options: str) -> tuple[int, str, str]:
    tools = file.parent / "tools"
    result = CliRunner().invoke(command, [str(file), "--repository", f"tools={tools}", *options])
    return result.exit_code, result.stdout, result.stderr


def test_the_final_yaml_holds_templates_and_tasks_and_expands_to_itself(file: Path) -> None:
    code, text, _ = call(file, "--branch", "feature/x", "--reason", "schedule")
    assert code == 0
    assert "- task: Bash@3\n      inputs:\n        targetType: inline\n        script: from the other one" in text
    assert "script: echo x Schedule" in text
    file.write_text(text)
    assert call(file) == (0, text, "")


def test_parameters_decide(file: Path) -> None:
    _, text, _ = call(file, "--parameter", "rounds=1")
    assert "CmdLine@2" not in text


def test_explanations_show_each_expression_and_condition_but_no_secret(file: Path) -> None:
    code, text, _ = call(file, "--explain")
    assert code == 0
    place = f"{file}:13:10: template expression\n"
    assert f"{place}  Evaluating: and(gt(parameters['rounds'], 2), eq(variables['apiToken'], '***'))\n" in text
    assert "  Expanded: and(gt(3, 2), eq('***', '***'))\n  Result: True\n" in text
    assert "condition of a script step\n  Evaluating: and(succeeded(), ne(variables['apiToken'], 'no'))\n" in text
    assert "hunter2xyz" not in text


def test_a_wrong_file_is_not_printed(file: Path) -> None:
    file.write_text("steps:\n- template: none.yml\n")
    code, text, problems = call(file)
    assert (code, text) == (1, "")
    assert f"{file}:2:13: error: " in problems
