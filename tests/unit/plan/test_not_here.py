"""What is right and cannot be carried out here yet: `lint` has nothing against it, a plan is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivetrain.definition.read import read_pipeline
from drivetrain.errors import DefinitionError
from drivetrain.plan.compile import compile_plan
from drivetrain.run.tasks.catalog import CATALOG

PAGE = (Path(__file__).parents[3] / "docs" / "language.md").read_text("utf-8").split("## What cannot be")[1]
RESOURCES = (
    "resources:\n  containers: [{container: box, image: a}]\n  pipelines: [{pipeline: p, source: a}]\n"
    "  builds: [{build: b, type: t, connection: c, source: s}]\n"
    "  packages: [{package: n, type: t, connection: c, name: n}]\n"
)
STEPS = "steps: [{script: a}]"
STAGE = f"jobs: [{{job: a, {STEPS}}}]"
REFUSED = [
    (f"stages:\n- stage: a\n  checks: [{{type: productionReadinessPolicy}}]\n  {STAGE}", "checks in stages", "2:3"),
    (f"{RESOURCES}steps:\n- downloadBuild: b", "downloadBuild steps", "7:3"),
    (f"{RESOURCES}steps:\n- getPackage: n", "getPackage steps", "7:3"),
    ("steps:\n- reviewApp: a", "reviewApp steps", "2:3"),
]


def problems(text: str) -> list[tuple[str, str]]:
    definition = read_pipeline(text, file="f.yml", tasks=CATALOG)
    assert definition.ok, definition.problems
    try:
        compile_plan(definition.checked(), name="p", tasks=CATALOG)
    except DefinitionError as error:
        return [(str(problem.position).removeprefix("f.yml:"), problem.message) for problem in error.problems]
    return []


@pytest.mark.parametrize(("text", "feature", "place"), REFUSED)
def test_it_is_read_but_not_planned(text: str, feature: str, place: str) -> None:
    (at, message), *others = problems(text)
    assert message.startswith(f"not yet supported: {feature}")
    assert at == place
    assert not others


@pytest.mark.parametrize("feature", sorted({feature for _, feature, _ in REFUSED if "'" not in feature}))
def test_the_page_names_it(feature: str) -> None:
    assert feature.removesuffix(" steps") in PAGE


@pytest.mark.parametrize(
    "text",
    [
        f"lockBehavior: runLatest\n{STEPS}",
        f"variables:\n- group: keys\n{STEPS}",
        f"pr: [main]\nschedules: [{{cron: 0 3 * * *}}]\n{STEPS}",
        f"{RESOURCES}{STEPS}",
        f"stages:\n- stage: a\n  isSkippable: false\n  group: x\n  templateContext: {{a: b}}\n  {STAGE}",
        f"jobs:\n- job: a\n  uses: {{pools: [a]}}\n  templateContext: {{}}\n  {STEPS}",
        f"stages:\n- stage: a\n  trigger: manual\n  {STAGE}",
        f"strategy: {{matrix: '$[ variables.a ]', maxParallel: $(a)}}\n{STEPS}",
        f"strategy: {{parallel: $(a)}}\n{STEPS}",
        f"jobs:\n- deployment: a\n  environment: b\n  strategy: {{runOnce: {{deploy: {{{STEPS}}}}}}}",
        "steps:\n- script: a\n  target: {container: host, commands: any}",
        "steps:\n- script: a\n  target: host",
        f"jobs:\n- job: a\n  container: box:1\n  services: {{x: 'box:1'}}\n  {STEPS}",
        f"{RESOURCES}steps:\n- script: a\n  target: box",
        "steps:\n- script: a\n  target: {commands: restricted, settableVariables: none}",
    ],
)
def test_what_changes_nothing_here_is_no_hindrance(text: str) -> None:
    assert problems(text) == []


def test_all_of_it_is_told_at_once_in_the_order_of_the_file() -> None:
    text = f"{RESOURCES}steps:\n- getPackage: n\n- reviewApp: a"
    assert [at for at, _ in problems(text)] == ["7:3", "8:3"]
