from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.model import CompileContext
from drivetrain.definition.read import read_pipeline
from drivetrain.plan.compile import DEFAULT_NAME_FORMAT, compile_plan
from drivetrain.run.tasks.catalog import CATALOG
from drivetrain.run.tasks.registry import find_task

if TYPE_CHECKING:
    from drivetrain.plan.model import JobPlan, Plan


def plan(text: str, context: CompileContext | None = None) -> Plan:
    definition = read_pipeline(text, file="f.yml", tasks=CATALOG, context=context)
    return compile_plan(definition.checked(), name="p", tasks=CATALOG, context=context)


def only_job(text: str) -> JobPlan:
    return plan(text).stages[0].jobs[0]


def test_a_file_with_steps_only_is_one_job_of_one_stage() -> None:
    compiled = plan("steps:\n- script: a\n")
    assert [stage.name for stage in compiled.stages] == ["__default"]
    assert [job.name for job in compiled.stages[0].jobs] == ["Job"]
    assert compiled.name_format == DEFAULT_NAME_FORMAT


def test_checkout_comes_first_unless_the_job_speaks_of_it() -> None:
    assert [step.task for step in only_job("steps:\n- script: a\n").steps] == ["Checkout@1", "CmdLine@2"]
    assert [step.task for step in only_job("steps:\n- script: a\n- checkout: self\n").steps] == [
        "CmdLine@2",
        "Checkout@1",
    ]
    assert [step.task for step in only_job("steps:\n- checkout: none\n- script: a\n").steps] == ["CmdLine@2"]


def test_a_checkout_is_called_by_repository_and_branch() -> None:
    known = plan("steps:\n- script: a\n", CompileContext(repository="shop", branch="refs/heads/feature/x"))
    assert known.stages[0].jobs[0].steps[0].display_name == "Checkout shop@feature/x to s"
    unknown = only_job("steps:\n- script: a\n").steps[0].display_name
    assert unknown == "Checkout $(Build.Repository.Name)@$(Build.SourceBranchName) to s"


def test_step_names_do_not_collide_with_names_that_the_user_gave() -> None:
    job = only_job("steps:\n- script: a\n- script: b\n  name: cmdline1\n- script: c\n")
    assert [step.name for step in job.steps] == ["Checkout", "CmdLine", "cmdline1", "CmdLine2"]


def test_names_by_place_do_not_collide_with_names_that_the_user_gave() -> None:
    compiled = plan("jobs:\n- job:\n  steps: [script: a]\n- job: JOB1\n  steps: [script: a]\n")
    assert [job.name for job in compiled.stages[0].jobs] == ["Job3", "JOB1"]


def test_every_kind_of_shell_has_its_task() -> None:
    job = only_job("steps:\n- script: a\n- bash: b\n- pwsh: c\n- powershell: d\n")
    assert [(step.task, dict(step.inputs)) for step in job.steps[1:]] == [
        ("CmdLine@2", {"script": "a"}),
        ("Bash@3", {"targetType": "inline", "script": "b"}),
        ("PowerShell@2", {"targetType": "inline", "pwsh": "true", "script": "c"}),
        ("PowerShell@2", {"targetType": "inline", "script": "d"}),
    ]


def test_every_planned_task_and_input_is_in_the_catalogue() -> None:
    text = (
        "steps:\n- checkout: self\n  clean: true\n  fetchDepth: 1\n  fetchTags: true\n  lfs: true\n  submodules: true\n"
        "  persistCredentials: true\n  path: a\n- script: a\n  workingDirectory: b\n  failOnStderr: true\n"
        "- bash: a\n  workingDirectory: b\n  failOnStderr: true\n"
        "- pwsh: a\n  errorActionPreference: stop\n  failOnStderr: true\n  ignoreLASTEXITCODE: true\n"
        "- publish: a\n  artifact: b\n- download: current\n  artifact: b\n  patterns: c\n"
    )
    for step in only_job(text).steps:
        declared = find_task(step.task).declared
        assert set(step.inputs) <= {*declared.required, *declared.optional, *declared.aliases}, step.task


def test_an_empty_matrix_is_one_leg() -> None:
    job = only_job("jobs:\n- job: a\n  strategy: {matrix: {}}\n  steps: [script: a]\n")
    assert [leg.name for leg in job.legs] == [""]


def test_pools_are_taken_from_the_nearest_place() -> None:
    compiled = plan(
        "pool: root\nstages:\n- stage: A\n  pool: stage\n  jobs:\n"
        "  - job: a\n    pool: job\n    steps: [script: a]\n  - job: b\n    steps: [script: a]\n"
        "- stage: B\n  jobs:\n  - job: c\n    steps: [script: a]\n"
    )
    assert [job.pool.name for stage in compiled.stages for job in stage.jobs] == ["job", "stage", "root"]


def test_positions_lead_back_to_the_file() -> None:
    job = only_job("jobs:\n- job: a\n  steps:\n  - script: a\n")
    assert (job.position, job.steps[1].position) == ("f.yml:2:3", "f.yml:4:5")


def test_a_thousand_jobs_are_compiled_in_linear_time() -> None:
    jobs = "".join(f"- job: j{n}\n  dependsOn: j{max(n - 1, 0)}\n  steps: [script: a]\n" for n in range(1, 1000))
    compiled = plan("jobs:\n- job: j0\n  steps: [script: a]\n" + jobs)
    assert len(compiled.stages[0].jobs) == 1000
