"""https://learn.microsoft.com/azure/devops/pipelines/process/templates"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.definition.read import read_pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.definition.expand.conftest import World

    Make = Callable[..., World]

GREET = "parameters:\n- name: who\n  default: world\nsteps:\n- script: echo ${{ parameters.who }}\n"
CASES = {
    "steps": (
        "steps:\n- script: first\n- template: t.yml\n  parameters: {who: Ada}\n- script: last\n",
        GREET,
        "steps:\n- script: first\n- script: echo Ada\n- script: last\n",
    ),
    "a default": ("steps:\n- template: t.yml\n", GREET, "steps:\n- script: echo world\n"),
    "names ignore case": ("steps:\n- template: t.yml\n  parameters: {WHO: x}\n", GREET, "steps:\n- script: echo x\n"),
    "in a condition": (
        "steps:\n- ${{ if true }}:\n  - template: t.yml\n- ${{ else }}:\n  - template: missing.yml\n",
        GREET,
        "steps:\n- script: echo world\n",
    ),
    "in a loop": (
        "steps:\n- ${{ each x in split('a,b', ',') }}:\n  - template: t.yml\n    parameters:\n      who: ${{ x }}\n",
        GREET,
        "steps:\n- script: echo a\n- script: echo b\n",
    ),
    "jobs": (
        "jobs:\n- template: t.yml\n  parameters: {n: A}\n- job: B\n",
        "parameters: {n: ''}\njobs:\n- job: ${{ parameters.n }}\n  steps: [{script: x}]\n",
        "jobs:\n- job: A\n  steps:\n  - script: x\n- job: B\n",
    ),
    "stages": (
        "stages:\n- template: t.yml\n",
        "stages:\n- stage: S\n  jobs: []\n",
        "stages:\n- stage: S\n  jobs: []\n",
    ),
    "variables, seen by what follows": (
        "variables:\n- template: t.yml\n- name: b\n  value: ${{ variables.a }}!\nsteps:\n- script: ${{ variables.b }}\n",
        "variables:\n  a: 1\n",
        "variables:\n- name: a\n  value: 1\n- name: b\n  value: 1!\nsteps:\n- script: 1!\n",
    ),
    "in the hook of a deployment": (
        "jobs:\n- deployment: d\n  strategy:\n    runOnce:\n      deploy:\n        steps:\n        - template: t.yml\n"
        "      on:\n        failure:\n          steps:\n          - template: t.yml\n",
        GREET,
        "jobs:\n- deployment: d\n  strategy:\n    runOnce:\n      deploy:\n        steps:\n        - script: echo world\n"
        "      on:\n        failure:\n          steps:\n          - script: echo world\n",
    ),
    "steps as a parameter, written in full": (
        "steps:\n- template: t.yml\n  parameters:\n    mine:\n    - bash: x\n      displayName: X\n      workingDirectory: w\n",
        "parameters:\n- name: mine\n  type: stepList\nsteps:\n- ${{ each step in parameters.mine }}:\n"
        "  - ${{ if startsWith(step.task, 'Bash') }}:\n    - ${{ each pair in step }}:\n        ${{ pair.key }}: ${{ pair.value }}\n"
        "      condition: always()\n- ${{ parameters.mine }}\n",
        "steps:\n- task: Bash@3\n  displayName: X\n  inputs:\n    targetType: inline\n    script: x\n    workingDirectory: w\n"
        "  condition: always()\n- task: Bash@3\n  displayName: X\n  inputs:\n    targetType: inline\n    script: x\n"
        "    workingDirectory: w\n",
    ),
    "an object, whose plain scalars have types": (
        "steps:\n- template: t.yml\n  parameters:\n    o: {flag: false, version: 3.10, text: '3.10', list: [1, x]}\n",
        "parameters:\n- name: o\n  type: object\nsteps:\n- ${{ if parameters.o.flag }}:\n  - script: never\n"
        "- script: ${{ parameters.o.version }} ${{ parameters.o.text }} ${{ parameters.o.flag }}\n  env: ${{ parameters.o }}\n",
        "steps:\n- script: 3.1 3.10 False\n  env:\n    flag: False\n    version: 3.1\n    text: 3.10\n    list:\n    - 1\n    - x\n",
    ),
    "the variables of the place": (
        "jobs:\n- job: a\n  variables: {v: here}\n  steps:\n  - template: t.yml\n",
        "steps:\n- script: ${{ variables.v }}\n",
        "jobs:\n- job: a\n  variables:\n    v: here\n  steps:\n  - script: here\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_template_is_put_in_where_it_is_named(world: Make, name: str) -> None:
    source, template, result = CASES[name]
    assert world(t__yml=template).clean(source) == result


PATHS = {
    "deep/a.yml": "steps:\n- template: b.yml\n- template: /c.yml\n- template: ../c.yml\n- template: sub/d.yml\n",
    "deep/b.yml": "steps:\n- script: b\n",
    "deep/sub/d.yml": "steps:\n- template: ..\\b.yml\n",
    "c.yml": "steps:\n- script: c\n",
}


def test_paths_are_relative_to_the_file_that_names_them(world: Make) -> None:
    made = world()
    made.files.files.update(PATHS)
    text = made.clean("steps:\n- template: ./deep/a.yml\n- template: deep\\b.yml@self\n")
    assert [line[-1] for line in text.splitlines()[1:]] == list("bccbb")


REMOTE = (
    "resources:\n  repositories:\n  - repository: Tools\n    type: github\n    name: acme/tools\n    ref: refs/tags/v1\n"
    "    endpoint: acme\n"
)


def test_another_repository_is_named_by_its_alias(world: Make) -> None:
    made = world()
    made.files.files |= {
        "steps/a.yml@Tools": "steps:\n- template: b.yml\n- template: /steps/b.yml\n- template: mine.yml@self\n",
        "steps/b.yml@Tools": "steps:\n- script: theirs\n",
        "mine.yml": "steps:\n- script: mine\n- template: steps/b.yml@tools\n",
    }
    text = made.clean(f"{REMOTE}steps:\n- template: steps/a.yml@tools\n")
    assert [line.split()[-1] for line in text.splitlines() if "script" in line] == [
        "theirs",
        "theirs",
        "mine",
        "theirs",
    ]
    asked = next(repository for repository in made.files.asked if repository)
    assert (asked.type, asked.name, asked.ref, asked.endpoint) == ("github", "acme/tools", "refs/tags/v1", "acme")


def test_the_ref_of_a_repository_may_depend_on_a_parameter(world: Make) -> None:
    made = world()
    made.files.files["t.yml@Tools"] = "steps:\n- script: x\n"
    made.clean(REMOTE.replace("v1", "${{ parameters.v }}") + "steps:\n- template: t.yml@Tools\n", {"v": "v7"})
    assert [repository.ref for repository in made.files.asked if repository] == ["refs/tags/v7"]


def test_extends_gives_the_pipeline_its_stages_and_variables(world: Make) -> None:
    made = world(
        base__yml="parameters:\n- name: work\n  type: stepList\n  default: []\nvariables:\n  v: base\nstages:\n- stage: S\n"
        "  jobs:\n  - job: J\n    steps:\n    - ${{ parameters.work }}\n    - script: ${{ variables.v }}\n",
        work__yml="steps:\n- script: included\n",
    )
    text = made.clean(
        "trigger: none\nextends:\n  template: base.yml\n  parameters:\n    work:\n    - script: given\n    - template: work.yml\n"
    )
    assert text.startswith("trigger: none\nvariables:\n  v: base\nstages:\n- stage: S\n")
    assert [line.split()[-1] for line in text.splitlines() if "script: " in line] == ["given", "included", "base"]


def test_a_template_that_is_extended_may_extend_another_and_bring_resources(world: Make) -> None:
    made = world(
        a__yml="resources:\n  repositories:\n  - repository: more\n    name: x/more\nextends:\n  template: b.yml@more\n"
    )
    made.files.files["b.yml@more"] = "jobs:\n- job: J\n"
    text = made.clean(f"{REMOTE}extends:\n  template: a.yml\n")
    assert "- repository: Tools" in text
    assert "- repository: more" in text
    assert text.count("resources:") == 1
    assert "- job: J" in text


@pytest.mark.parametrize(
    ("source", "template", "problem"),
    [
        ("steps:\n- template: none.yml\n", "", "pipeline.yml:2:13: error: File /none.yml not found"),
        ("steps:\n- template: ../up.yml\n", "", "pipeline.yml:2:13: error: The file path //../up.yml is invalid"),
        ("steps:\n- template: t.yml@nobody\n", "", "pipeline.yml:2:13: error: No repository found by name nobody"),
        ("steps:\n- template: ''\n", "", "pipeline.yml:2:13: error: a template must be the path of a file"),
        ("steps:\n- template: [a]\n", "", "pipeline.yml:2:13: error: a template must be the path of a file, not a list"),
        ("steps:\n- template: t.yml\n", "jobs: []\n", "t.yml:1:1: error: Unexpected value 'jobs'"),
        ("steps:\n- template: t.yml\n", "- a\n", "t.yml:1:1: error: A sequence was not expected"),
        ("steps:\n- template: t.yml\n", "steps: [\n", "t.yml:2:1: error:"),
        ("steps:\n- template: t.yml\n  displayName: x\n", GREET, "pipeline.yml:3:3: error: Unexpected value 'displayName'"),
        (
            "steps:\n- template: t.yml\n  parameters: {woh: x}\n",
            GREET,
            "pipeline.yml:3:21: error: Unexpected parameter 'woh'",
        ),
        (
            "steps:\n- template: t.yml\n",
            "parameters:\n- name: p\nsteps: []\n",
            "pipeline.yml:2:13: error: A value for the 'p' parameter must be provided.",
        ),
        (
            "steps:\n- template: t.yml\n  parameters: {n: many}\n",
            "parameters:\n- name: n\n  type: number\nsteps: []\n",
            "pipeline.yml:3:19: error: The 'n' parameter value 'many' is not a valid Number.",
        ),
        (
            "steps:\n- template: t.yml\n",
            "parameters:\n- name: p\n  default: x\nsteps:\n- script: ${{ parameters.q }}\n",
            "t.yml:5:11: warning: parameter 'q' is not declared; it reads as nothing",
        ),
        (
            "steps:\n- template: t.yml\n",
            "parameters:\n- name: p\n  default: ${{ variables.x }}\nsteps: []\n",
            "t.yml:3:12: error: A template expression is not allowed in this context",
        ),
        (
            "steps:\n- template: t.yml\n",
            "parameters:\n- name: p\n  type: pool\nsteps:\n- script: ${{ parameters.p }}\n",
            "t.yml:3:9: error: Unexpected value 'pool'",
        ),
        ("steps:\n- template: a/../../up.yml\n", "", "pipeline.yml:2:13: error: The file path //a/../../up.yml is invalid"),
        ("steps:\n- template: 't.yml '\n", GREET, "pipeline.yml:2:13: error: File /t.yml  not found"),
        ("extends: x\n", "", "pipeline.yml:1:10: error: Unexpected value 'x'"),
        ("extends:\n  parameters: {}\n", "", "pipeline.yml:2:3: error: Unexpected value 'parameters'"),
        ("extends:\n  template: t.yml\n", "pr: none\njobs: []\n", "t.yml:1:1: error: Unexpected value 'pr'"),
        ("extends:\n  template: t.yml\nvariables: {}\n", "variables: {}\n", "error: 'variables' is already defined"),
    ],
)  # fmt: skip
def test_a_template_that_cannot_be_put_in_is_told_at_its_place(
    world: Make, source: str, template: str, problem: str
) -> None:
    made = world(t__yml=template)
    made.expand(source)
    assert [found for found in made.problems if problem in found], made.problems


def test_a_file_that_declares_no_parameters_takes_any(world: Make) -> None:
    made = world(t__yml="steps:\n- script: ${{ parameters.a }}\n")
    assert made.clean("steps:\n- template: t.yml\n  parameters: {a: 1, b: 2}\n") == "steps:\n- script: 1\n"
    made.expand("steps:\n- template: t.yml\n")
    assert "t.yml:2:11: warning: parameter 'a' is not declared; it reads as nothing" in made.problems


def test_a_parameter_that_a_template_does_not_declare_is_null_there(world: Make) -> None:
    made = world(t__yml="parameters:\n- name: p\n  default: x\nsteps:\n- script: '[${{ parameters.q }}]'\n")
    made.expand("steps:\n- template: t.yml\n")
    assert "script: '[]'" in made.text
    assert made.problems == ["t.yml:5:11: warning: parameter 'q' is not declared; it reads as nothing"]


def test_a_file_that_was_read_is_found_again_in_any_case(world: Make) -> None:
    made = world(t__yml=GREET)
    assert made.clean("steps:\n- template: t.yml\n- template: ./T.yml\n").count("echo world") == 2
    made.expand("steps:\n- template: T.yml\n")
    assert made.problems == ["pipeline.yml:2:13: error: File /T.yml not found"]


def test_without_files_a_template_is_an_error_and_not_left_out() -> None:
    problems = read_pipeline("steps:\n- template: t.yml\n", file="f.yml", tasks={}).problems
    assert [str(problem.position) for problem in problems if "cannot be read" in problem.message] == ["f.yml:2:13"]


def test_text_that_an_expression_gave_is_not_looked_into_again(world: Make) -> None:
    made = world(t__yml="parameters:\n- name: p\nsteps:\n- script: ${{ parameters.p }}\n")
    text = made.clean("steps:\n- template: t.yml\n  parameters:\n    p: ${{ 'a ${{ b' }}\n- script: x ${{ '${{' }} y\n")
    assert "script: a ${{ b" in text
    assert "script: x ${{ y" in text


LISTED = "parameters:\n- name: all\n  type: stageList\nstages:\n- ${{ parameters.all }}\n"


def test_templates_among_the_items_of_a_list_are_seen_from_the_file_that_passes_it(world: Make) -> None:
    made = world()
    made.files.files |= {"deep/list.yml": LISTED, "own.yml": "stages:\n- stage: S\n  jobs: []\n"}
    text = made.clean("stages:\n- template: deep/list.yml\n  parameters:\n    all:\n    - template: own.yml\n")
    assert text == "stages:\n- stage: S\n  jobs: []\n"


def test_templates_further_inside_are_seen_from_the_template_that_declares_the_list(world: Make) -> None:
    made = world()
    made.files.files |= {"deep/list.yml": LISTED, "deep/near.yml": "jobs:\n- job: J\n"}
    text = made.clean(
        "stages:\n- template: deep/list.yml\n  parameters:\n    all:\n    - stage: S\n      jobs:\n      - template: near.yml\n"
    )
    assert text == "stages:\n- stage: S\n  jobs:\n  - job: J\n"


def test_a_template_sees_what_it_is_given_with_the_templates_put_in(world: Make) -> None:
    made = world(
        list__yml="parameters:\n- name: jobs\n  type: jobList\nsteps:\n- ${{ each job in parameters.jobs }}:\n"
        "  - ${{ each step in job.steps }}:\n    - script: ${{ job.job }} ${{ step.task }}\n",
        more__yml="steps:\n- bash: x\n",
    )
    text = made.clean(
        "steps:\n- template: list.yml\n  parameters:\n    jobs:\n    - job: J\n      steps:\n      - template: more.yml\n"
    )
    assert text == "steps:\n- script: J Bash@3\n"


def test_templates_in_an_object_are_put_in_where_it_is_inserted(world: Make) -> None:
    made = world()
    made.files.files |= {
        "deep/t.yml": "parameters: {more: []}\nsteps:\n- ${{ parameters.more }}\n",
        "deep/near.yml": "steps:\n- script: near\n",
    }
    text = made.clean("steps:\n- template: deep/t.yml\n  parameters:\n    more:\n    - template: near.yml\n")
    assert text == "steps:\n- script: near\n"


def test_the_default_of_a_list_may_name_templates(world: Make) -> None:
    made = world(
        t__yml="parameters:\n- name: more\n  type: stepList\n  default:\n  - template: u.yml\nsteps:\n- ${{ parameters.more }}\n",
        u__yml="steps:\n- script: u\n",
    )
    assert made.clean("steps:\n- template: t.yml\n") == "steps:\n- task: CmdLine@2\n  inputs:\n    script: u\n"


def test_a_file_that_was_read_already_is_found_in_any_case(world: Make) -> None:
    made = world(t__yml=GREET)
    assert made.clean("steps:\n- template: t.yml\n- template: T.yml\n").count("script") == 2
    made.expand("steps:\n- template: T.yml\n")
    assert "not found" in made.problems[0]


def test_phases_and_jobs_are_the_same_to_a_template(world: Make) -> None:
    assert world(t__yml="jobs:\n- job: J\n").clean("phases:\n- template: t.yml\n") == "phases:\n- job: J\n"
