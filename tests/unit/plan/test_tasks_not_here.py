"""Tasks that Azure may run and that cannot run here: no matter of the file, but of running it."""

from __future__ import annotations

import pytest

from drivetrain.definition.read import read_pipeline
from drivetrain.errors import DefinitionError
from drivetrain.plan.compile import compile_plan
from drivetrain.plan.not_here import not_here
from drivetrain.run.tasks.catalog import CATALOG

TEXT = """\
jobs:
- job: A
  steps:
  - task: bash@3
    inputs: {targetType: inline, script: a}
  - script: x
  - task: Npm@1
  - task: a.b.c.Some@2
  - task: Bash@3.1.0
    inputs: {targetType: inline, script: a}
  - task: Gulp@1
    enabled: false
- deployment: D
  environment: e
  strategy:
    runOnce:
      deploy:
        steps:
        - task: Go@0
"""


def said(text: str) -> list[str]:
    definition = read_pipeline(text, file="f.yml", tasks=CATALOG)
    assert definition.ok
    return [
        str(problem).partition("\n")[0]
        for problem in not_here(definition.pipeline, CATALOG)
        if "task '" in problem.message
    ]


def test_every_task_of_every_enabled_step_is_looked_up() -> None:
    assert said(TEXT) == [
        "f.yml:7:11: error: task 'Npm@1' cannot run here yet",
        "f.yml:8:11: error: task 'a.b.c.Some@2' cannot run here yet",
        "f.yml:19:17: error: task 'Go@0' cannot run here yet",
    ]


def test_such_a_pipeline_has_no_plan() -> None:
    pipeline = read_pipeline("steps:\n- task: Npm@1\n", file="f.yml", tasks=CATALOG).checked()
    with pytest.raises(DefinitionError, match="task 'Npm@1' cannot run here yet") as raised:
        compile_plan(pipeline, name="p", tasks=CATALOG)
    assert [problem.code for problem in raised.value.problems] == ["not-yet-supported"]
