"""`download` and `resources.pipelines` in a plan: what steps are given, what comes by itself, what a run needs."""

from __future__ import annotations

import pytest

from drivetrain.definition.read import read_pipeline
from drivetrain.plan.compile import compile_plan
from drivetrain.plan.model import PipelinePlan, Plan
from drivetrain.plan.pipelines import needed
from drivetrain.run.tasks.catalog import CATALOG

HEAD = "resources:\n  pipelines:\n  - {pipeline: Loft, source: sails}\n  - {pipeline: deck, source: boards}\n"
DEPLOYMENT = HEAD + "jobs:\n- deployment: d\n  environment: e\n  strategy:\n    runOnce:\n"


def plan(text: str) -> Plan:
    definition = read_pipeline(text, file="f.yml", tasks=CATALOG)
    found = {"loft": PipelinePlan("sails", run_id=7)}
    return compile_plan(definition.checked(), name="p", tasks=CATALOG, pipelines=found)


def steps(text: str) -> list[dict[str, str]]:
    job = plan(text).stages[0].jobs[0]
    legs = [step for leg in job.legs for step in leg.steps or ()]
    return [dict(step.inputs) for step in (*job.steps, *legs) if step.task == "DownloadPipelineArtifact@2"]


@pytest.mark.parametrize(
    ("step", "path"),
    [
        ("download: loft", "$(Pipeline.Workspace)/Loft"),
        ("download: LOFT\n  artifact: jib", "$(Pipeline.Workspace)/Loft/jib"),
        ("download: current", "$(Pipeline.Workspace)"),
        ("download: Current\n  artifact: jib", "$(Pipeline.Workspace)/jib"),
    ],
)
def test_a_download_goes_below_its_alias_and_its_artifact(step: str, path: str) -> None:
    (inputs,) = steps(f"{HEAD}steps:\n- {step}\n")
    assert inputs["path"] == path


def test_a_download_takes_the_run_of_the_plan() -> None:
    (inputs,) = steps(f"{HEAD}steps:\n- download: loft\n  patterns: '*.cloth'\n")
    assert inputs["source"] == inputs["runVersion"] == "specific"
    assert inputs["runId"] == "$(resources.pipeline.Loft.runID)"
    assert inputs["patterns"] == "*.cloth"


def test_a_plan_keeps_what_was_found_and_names_the_others() -> None:
    found = plan(f"{HEAD}steps: [{{script: a}}]").pipelines
    assert {alias: (each.source, each.run_id) for alias, each in found.items()} == {
        "Loft": ("sails", 7),
        "deck": ("boards", 0),
    }


def test_a_deploy_hook_gets_everything_and_other_hooks_nothing() -> None:
    hooks = "".join(f"      {hook}: {{steps: [{{script: a}}]}}\n" for hook in ("preDeploy", "deploy", "routeTraffic"))
    assert [inputs["path"] for inputs in steps(DEPLOYMENT + hooks)] == [
        "$(Pipeline.Workspace)",
        "$(Pipeline.Workspace)/Loft",
        "$(Pipeline.Workspace)/deck",
    ]


@pytest.mark.parametrize("step", ["download: none", "download: deck", "task: DownloadPipelineArtifact@2"])
def test_a_hook_that_speaks_of_downloads_gets_what_it_says(step: str) -> None:
    found = steps(f"{DEPLOYMENT}      deploy: {{steps: [{{{step}}}]}}\n")
    assert len(found) == (0 if step == "download: none" else 1)


@pytest.mark.parametrize(
    ("text", "aliases"),
    [
        (f"{HEAD}steps: [{{script: a}}]", []),
        (f"{HEAD}steps: [{{download: DECK}}, {{download: deck}}, {{download: current}}]", ["deck"]),
        (f"{HEAD}steps: [{{download: deck, enabled: false}}]", []),
        (f"{DEPLOYMENT}      deploy: {{steps: [{{script: a}}]}}", ["Loft", "deck"]),
        (f"{DEPLOYMENT}      deploy: {{steps: [{{download: loft}}]}}", ["Loft"]),
        (f"{DEPLOYMENT}      preDeploy: {{steps: [{{script: a}}]}}", []),
    ],
)
def test_only_what_is_downloaded_must_have_a_run(text: str, aliases: list[str]) -> None:
    pipeline = read_pipeline(text, file="f.yml", tasks=CATALOG).checked()
    assert [resource.alias for resource in needed(pipeline)] == aliases
