from __future__ import annotations

from typing import Any

import pytest

from drivetrain.definition.azureml.model import JobKind
from drivetrain.definition.azureml.pipeline.model import NodeOutput, PipelineJob, PipelineSettings
from drivetrain.definition.azureml.pipeline.read import read_pipeline
from drivetrain.definition.azureml.rest import read_command
from drivetrain.errors import NotFoundError, UserError

TRAIN: dict[str, Any] = {
    "type": "command",
    "command": "python t.py --d ${{inputs.d}} --lr ${{inputs.lr}} --o ${{outputs.o}}",
    "environment": "azureml:e:1",
    "code": "azureml:c:1",
    "inputs": {
        "d": {"type": "uri_folder"},
        "lr": {"type": "number", "default": "0.1", "min": 0, "max": 1},
        "note": {"type": "string", "optional": True},
    },
    "outputs": {"o": {"type": "uri_folder"}},
}
SUB: dict[str, Any] = {
    "type": "pipeline",
    "inputs": {"lr": {"type": "number"}, "note": {"type": "string", "optional": True}},
    "outputs": {"so": {"type": "uri_folder"}},
    "jobs": {
        "x": {
            "type": "command",
            "componentId": "train",
            "inputs": {
                "d": {"value": "${{parent.inputs.d}}", "job_input_type": "literal"},
                "lr": {"path": "${{parent.inputs.lr}}"},
                "note": "${{parent.inputs.note}}",
            },
            "outputs": {"o": {"value": "${{parent.outputs.so}}", "type": "literal"}},
        }
    },
}
LOOP = {"type": "pipeline", "jobs": {"again": {"type": "pipeline", "componentId": "loop"}}}
COMPONENTS = {"train": TRAIN, "sub": SUB, "loop": LOOP, "spark": {**TRAIN, "type": "spark"}}
DATA = {"uri": "azureml:dd:1", "jobInputType": "uri_folder"}


def component(name: str) -> dict[str, Any]:
    if name not in COMPONENTS:
        raise NotFoundError(f"there is no component {name}")
    return COMPONENTS[name]


def node(inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "command", "componentId": "train", "inputs": inputs, **more}


def bound(to: str) -> dict[str, str]:
    return {"value": f"${{{{parent.{to}}}}}", "job_input_type": "literal"}


def read(jobs: Any, **more: Any) -> PipelineJob:
    body = {"jobType": "Pipeline", "inputs": {"d": DATA, "lr": {"value": "0.7"}}, "jobs": jobs, **more}
    return read_pipeline(body, component)


def test_steps_become_jobs_whose_inputs_are_followed_to_their_sources() -> None:
    job = read(
        {
            "b": node({"d": bound("jobs.a.outputs.o"), "lr": {"value": "0.3"}}, outputs={"o": bound("outputs.model")}),
            "a": node({"d": bound("inputs.d"), "lr": bound("inputs.lr")}, computeId="big"),
            "c": node({"d": bound("jobs.a.outputs.o")}),
        },
        outputs={"model": {"jobOutputType": "uri_folder", "uri": "azureml://datastores/x/paths/y", "assetName": "m"}},
        settings={"default_compute": "cpu", "continue_on_step_failure": True, "force_rerun": True},
    )
    assert [each.name for each in job.nodes] == ["a", "b", "c"]
    a, b, c = job.nodes
    assert a.properties["inputs"] == {
        "d": {"jobInputType": "uri_folder", "uri": "azureml:dd:1"},
        "lr": {"jobInputType": "literal", "value": "0.7"},
    }
    assert (a.properties["computeId"], b.properties["computeId"]) == ("big", "cpu")
    assert b.bound == {"d": NodeOutput("a", "o")}
    assert (a.after, b.after, c.after) == ((), ("a",), ("a",))
    assert c.properties["inputs"]["lr"] == {"jobInputType": "literal", "value": "0.1"}
    assert b.properties["outputs"]["o"]["uri"] == "azureml://datastores/x/paths/y"
    assert "assetName" not in b.properties["outputs"]["o"]
    assert job.sources == {"model": NodeOutput("b", "o")}
    assert job.settings == PipelineSettings(continue_on_failure=True, force_rerun=True, default_compute="cpu")
    assert read_command(a.properties).command == TRAIN["command"]


def test_pipeline_components_are_unfolded() -> None:
    job = read(
        {
            "first": node({"d": bound("inputs.d")}),
            "sub": {
                "type": "pipeline",
                "componentId": "sub",
                "inputs": {"d": bound("jobs.first.outputs.o"), "lr": bound("inputs.lr")},
            },
            "last": node({"d": bound("jobs.sub.outputs.so")}),
        }
    )
    assert [each.name for each in job.nodes] == ["first", "sub__x", "last"]
    inner, last = job.nodes[1:]
    assert inner.title == "sub.x"
    assert inner.bound == {"d": NodeOutput("first", "o")}
    assert inner.properties["inputs"]["lr"]["value"] == "0.7"
    assert "note" not in inner.properties["inputs"]
    assert last.bound == {"d": NodeOutput("sub__x", "o")}


def test_settings_of_a_step_may_be_bound_to_literals() -> None:
    job = read(
        {
            "a": node(
                {"d": bound("inputs.d")},
                resources={"instance_count": "${{parent.inputs.lr}}"},
                environment_variables={"RATE": "${{parent.inputs.lr}}"},
                limits={"timeout": 30},
                distribution={"type": "pytorch", "process_count_per_instance": 2},
            )
        },
        inputs={"d": DATA, "lr": {"value": "2"}},
    )
    found = read_command(job.nodes[0].properties)
    assert (found.instances, found.environment_variables, found.timeout) == (2, {"RATE": "2"}, 30)
    assert found.distribution is not None
    assert found.distribution.processes == 2


def test_a_sweep_is_a_step() -> None:
    job = read(
        {
            "tune": {
                "type": "sweep",
                "trial": {"componentId": "train"},
                "inputs": {"d": bound("inputs.d")},
                "search_space": {"lr": {"type": "uniform", "min_value": 0, "max_value": 1}},
                "objective": {"goal": "maximize", "primary_metric": "acc"},
                "sampling_algorithm": "random",
                "limits": {"max_total_trials": 4},
            }
        }
    )
    (tune,) = job.nodes
    assert tune.kind is JobKind.SWEEP
    assert "lr" not in tune.properties["inputs"]
    assert tune.properties["trial"]["command"] == TRAIN["command"]
    assert tune.properties["limits"]["maxTotalTrials"] == 4
    assert tune.properties["searchSpace"] == {"lr": ["uniform", [0.0, 1.0]]}
    assert tune.properties["samplingAlgorithm"]["samplingAlgorithmType"] == "Random"


def test_a_step_may_be_written_in_place() -> None:
    job = read({"a": {"type": "command", "command": "echo hi", "environment": "azureml:e:1"}})
    assert job.nodes[0].properties["command"] == "echo hi"
    assert job.nodes[0].component == ""
    job = read({"a": node({"d": bound("inputs.d")}) | {"componentId": None, "component": TRAIN}})
    assert job.nodes[0].properties["codeId"] == "azureml:c:1"


def test_a_component_that_is_not_deterministic_says_so() -> None:
    job = read({"a": {"type": "command", "component": {**TRAIN, "is_deterministic": False}, "inputs": {"d": DATA}}})
    assert not job.nodes[0].deterministic


GOOD = {"d": bound("inputs.d")}


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        (None, "properties.jobs is empty"),
        ([], "properties.jobs must be an object, not a list"),
        ({"a": 3}, "jobs.a must be an object, not '3'"),
        ({"a-b": node(GOOD)}, "jobs: 'a-b' is no name of a step"),
        ({"a": {"type": "command"}}, "jobs.a has neither a component nor a command"),
        ({"a": node(GOOD) | {"componentId": "none"}}, "there is no component none"),
        ({"a": node({})}, "jobs.a: its input 'd' is required and not given"),
        ({"a": node({**GOOD, "x": {"value": "1"}})}, "jobs.a has no input 'x': its component declares d, lr, note"),
        ({"a": node({"d": {"value": "text"}})}, "jobs.a: input 'd' is a uri_folder, not the value 'text'"),
        ({"a": node({**GOOD, "lr": DATA})}, "jobs.a: input 'lr' is a number, not data (uri_folder)"),
        ({"a": node({**GOOD, "lr": {"value": "high"}})}, "jobs.a: input 'lr' is a number, not 'high'"),
        ({"a": node({**GOOD, "lr": {"value": "7"}})}, "jobs.a: input 'lr' must be from 0.0 to 1.0, not 7"),
        (
            {"a": node({"d": bound("inputs.e")})},
            "jobs.a.inputs.d is bound to parent.inputs.e: the pipeline has no such",
        ),
        ({"a": node({"d": bound("jobs.b.outputs.o")})}, "bound to the step 'b', which is not there; there are a"),
        (
            {"a": node(GOOD), "b": node({"d": bound("jobs.a.outputs.p")})},
            "jobs.b.inputs.d: 'a' has no output 'p', it has o",
        ),
        (
            {"a": node(GOOD), "b": node({**GOOD, "lr": bound("jobs.a.outputs.o")})},
            "input 'lr' is a number, but is bound",
        ),
        ({"a": node({"d": "x ${{parent.inputs.d}}"})}, "jobs.a.inputs.d: 'x ${{parent.inputs.d}}' is no binding"),
        ({"a": node(GOOD, outputs={"p": {}})}, "jobs.a has no output 'p': its component declares o"),
        ({"a": node(GOOD, outputs={"o": bound("outputs.m")})}, "parent.outputs.m: the pipeline has no such output"),
        ({"a": node(GOOD, outputs={"o": "${{parent.inputs.d}}"})}, "is no binding of an output"),
        ({"a": node(GOOD, resources={"instance_count": "${{parent.inputs.d}}"})}, "is bound to data"),
        ({"a": node(GOOD, resources={"instance_count": "many"})}, "resources.instanceCount must be a number"),
        ({"a": node({"d": bound("jobs.a.outputs.o")})}, "the steps a wait for each other in a circle"),
        (
            {"a": node({"d": bound("jobs.b.outputs.o")}), "b": node({"d": bound("jobs.a.outputs.o")})},
            "the steps a, b wait for each other in a circle",
        ),
        ({"a": {"type": "pipeline", "componentId": "sub"}}, "jobs.a: its input 'lr' is required and not given"),
        ({"a": {"type": "pipeline", "componentId": "loop"}}, "nested more than 10 deep"),
        ({"a": node(GOOD) | {"componentId": "spark"}}, "a component of type 'spark' is not run here"),
        *[
            ({"a": {"type": kind}}, f"jobs.a is a step of type '{kind}', which is not run here")
            for kind in ("parallel", "if_else", "do_while", "spark", "automl", "import")
        ],
    ],
)
def test_what_is_wrong_is_said_with_its_step_and_field(jobs: Any, message: str) -> None:
    with pytest.raises(UserError) as refused:
        read(jobs)
    assert message in refused.value.message


def test_names_of_unfolded_steps_stay_unique() -> None:
    sub = {"type": "pipeline", "componentId": "sub", "inputs": {"d": bound("inputs.d"), "lr": {"value": "0.1"}}}
    job = read({"s": sub, "s__x": node(GOOD)})
    assert [each.name for each in job.nodes] == ["s__x", "s__x_2"]
