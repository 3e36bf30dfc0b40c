"""What gates, endpoints and pages may rely on of models: MLflow's own stores on the other side of the file."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import CorruptError, NotFoundError, UserError
from drivetrain.home import Home
from drivetrain.registry.versions.lineage import drawn
from drivetrain.registry.versions.model import DataAsset
from drivetrain.wire.registry.lineages import lineages
from drivetrain.wire.registry.models import models as registry_of
from drivetrain.wire.storage import Storage
from tests.registry_home import RegistryHome, registry_home

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.registry.versions.ports import Models

pytestmark = pytest.mark.filterwarnings("ignore")
"""MLflow's own, which are its makers' business."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> RegistryHome:
    return registry_home(tmp_path_factory.mktemp("registry") / "home")


@pytest.fixture
def models(shared: RegistryHome) -> Models:
    return shared.storage.models


def test_a_home_without_models_has_none(tmp_path: Path) -> None:
    found = Storage(Home(tmp_path / "home")).models
    assert list(found.names()) == []
    assert registry_of(Storage(Home(tmp_path / "home"))).logged("mlflow-artifacts:/0/models/m-1/artifacts", "x") == ""
    assert list(found.promotions()) == []
    with pytest.raises(NotFoundError, match="no model 'fraud'") as error:
        found.find("fraud")
    assert error.value.hint == "no model is registered yet"
    with pytest.raises(NotFoundError):
        found.set_alias("fraud", "champion", "1", by="owner")


def test_a_version_knows_its_training_run_and_its_files(shared: RegistryHome, models: Models) -> None:
    run_id = shared.train({"rmse": 0.25, "odd": math.nan}, {"alpha": "0.1"}, {"mlflow.source.git.commit": "c" * 40})
    shared.log_files(run_id, {"MLmodel": "flavors: {sklearn: {}, python_function: {}}", "requirements.txt": "a_b==1.0"})
    shared.register("known", run_id)
    found = models.find("known:1")
    assert (found.name, found.version, found.training_run) == ("known", "1", run_id)
    assert (found.params, found.metrics["rmse"], found.commit) == ({"alpha": "0.1"}, 0.25, "c" * 40)
    assert math.isnan(found.metrics["odd"])
    assert (found.flavors, found.packages, found.dirty) == (("python_function", "sklearn"), {"a-b": "1.0"}, None)
    assert found.digest.startswith("sha256:")
    assert found.size == sum(path.stat().st_size for path in models.files(found).iterdir())
    assert set(found.files) == {"MLmodel", "requirements.txt"}


def test_a_hostile_version_hides_no_other(shared: RegistryHome, models: Models) -> None:
    run_id = shared.train(tags={"drivetrain.build_id": "9" * 30})
    shared.log_files(run_id, {"MLmodel": "flavors: !!bool x"})
    shared.register("hostile", run_id)
    assert (models.find("hostile").run_id, models.find("hostile").flavors) == (None, ())


def test_a_version_knows_its_data(shared: RegistryHome, models: Models) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag  # noqa: PLC0415 - three seconds, these tests' only

    run_id = shared.train()
    dataset = Dataset("sales", "d1g35t", "local", '{"uri": "/data/sales.csv"}')
    shared.runs.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
    shared.register("data", run_id)
    assert models.find("data").data == (DataAsset("sales", "d1g35t", source="/data/sales.csv", context="training"),)


def test_what_is_not_registered_is_known_as_a_version_would_be(shared: RegistryHome) -> None:
    run_id = shared.train({"rmse": 0.25}, {"alpha": "0.1"})
    folder = shared.log_files(run_id)
    shared.register("unregistered", run_id)
    before, found = shared.storage.models.find("unregistered"), registry_of(shared.storage)
    now = found.unregistered("unregistered", run_id, folder)
    assert (now.version, now.training_run, now.files) == ("", run_id, before.files)
    assert (now.metrics, now.params, now.packages) == (before.metrics, before.params, before.packages)
    assert found.unregistered("unregistered", run_id, None).files == {}
    assert len(shared.storage.models.versions("unregistered")) == 1


def test_a_logged_model_has_its_like_in_another_training_run(shared: RegistryHome) -> None:
    first, second = shared.train(), shared.train()
    names = [(first, "model"), (second, "model"), (second, "other")]
    one, two, _ = (shared.runs.create_logged_model("0", name=name, source_run_id=run) for run, name in names)
    found = registry_of(shared.storage)
    assert found.logged(one.artifact_location, second) == two.artifact_location
    assert found.logged(one.artifact_location, "nobody") == found.logged("nowhere", second) == ""


def test_the_newest_version_is_the_first(shared: RegistryHome, models: Models) -> None:
    for _ in range(11):
        shared.model("many")
    assert [each.version for each in models.versions("many")] == [str(number) for number in range(11, 0, -1)]


def test_a_name_means_its_champion_else_the_newest(shared: RegistryHome, models: Models) -> None:
    shared.model("named")
    shared.model("named")
    assert models.find("named").version == "2"
    models.set_alias("named", "champion", "1", by="owner")
    assert models.find("named").version == "1"
    assert models.find("named@champion").aliases == ("champion",)
    with pytest.raises(NotFoundError) as error:
        models.find("named:7")
    assert error.value.hint == "versions of named: 2, 1 @champion"
    with pytest.raises(NotFoundError):
        models.find("named@challenger")


@pytest.mark.parametrize(
    "wrong", ["", "a/b", "a:x", "a:-1", "a:1@b", "a@", "a@latest", "a@v1", "a@b c", "\0", "a" * 300]
)
def test_what_names_no_model_is_refused(models: Models, wrong: str) -> None:
    with pytest.raises(UserError):
        models.find(wrong)


def test_a_version_remembers_a_training_run_that_was_deleted(shared: RegistryHome, models: Models) -> None:
    run_id = shared.train({"rmse": 1.0}, {"alpha": "2"})
    shared.log_files(run_id)
    shared.register("orphan", run_id)
    before = models.find("orphan")
    shared.runs.delete_run(run_id)
    shared.runs._hard_delete_run(run_id)  # as `mlflow gc` does it
    assert models.find("orphan") == before
    assert before.metrics == {"rmse": 1.0}


def test_what_a_training_run_logs_after_registering_counts_until_it_ends(shared: RegistryHome, models: Models) -> None:
    from mlflow.entities import Metric, RunStatus  # noqa: PLC0415

    run_id = shared.train({}, end=False)
    folder = shared.log_files(run_id)
    shared.register("early", run_id)
    assert models.find("early").metrics == {}
    shared.runs.log_batch(run_id, [Metric("rmse", 0.5, 1, 0)], [], [])
    (folder / "late.txt").write_text("late", "utf-8")
    assert models.find("early").metrics == {"rmse": 0.5}
    assert "late.txt" in models.find("early").files
    shared.runs.update_run_info(run_id, RunStatus.FINISHED, 2, None)
    assert models.find("early").metrics == {"rmse": 0.5}
    shared.runs.log_batch(run_id, [Metric("rmse", 0.1, 2, 1)], [], [])
    assert models.find("early").metrics == {"rmse": 0.5}


def test_files_that_were_changed_are_not_handed_out(shared: RegistryHome, models: Models) -> None:
    run_id = shared.train()
    folder = shared.log_files(run_id)
    shared.register("changed", run_id)
    found = models.find("changed")
    assert models.files(found) == folder
    (folder / "model.txt").write_text("43", "utf-8")
    with pytest.raises(CorruptError, match=r"model\.txt"):
        models.files(found)


@pytest.mark.parametrize(
    "source", ["mlflow-artifacts:/../../secret", "mlflow-artifacts:/", "s3://bucket/model", "/etc"]
)
def test_files_of_elsewhere_are_not_handed_out(shared: RegistryHome, models: Models, source: str) -> None:
    name = f"elsewhere{len(source)}"
    shared.registry.create_registered_model(name)
    shared.registry.create_model_version(name, source)
    found = models.find(name)
    assert found.digest == ""
    with pytest.raises(NotFoundError, match="not in this home"):
        models.files(found)


def test_a_model_that_is_renamed_stays_what_it_was(shared: RegistryHome, models: Models) -> None:
    shared.model("before")
    models.set_alias("before", "champion", "1", by="owner")
    digest = models.find("before").digest
    shared.registry.rename_registered_model("before", "after")
    assert "before" not in models.names()
    found = models.find("after@champion")
    assert (found.name, found.digest, len(models.promotions("after"))) == ("after", digest, 1)


def test_a_name_that_begins_anew_is_another_model(shared: RegistryHome, models: Models) -> None:
    shared.model("anew", {"rmse": 1.0})
    assert models.find("anew:1").metrics == {"rmse": 1.0}
    shared.registry.delete_registered_model("anew")
    with pytest.raises(NotFoundError):
        models.find("anew")
    shared.model("anew", {"rmse": 2.0})
    assert models.find("anew:1").metrics == {"rmse": 2.0}


def test_a_deleted_version_is_gone_and_its_alias_with_it(shared: RegistryHome, models: Models) -> None:
    shared.model("less")
    shared.model("less")
    models.set_alias("less", "champion", "1", by="owner")
    shared.registry.delete_model_version("less", "1")
    assert [each.version for each in models.versions("less")] == ["2"]
    assert [each.version for each in models.promotions("less")] == ["", "1"]


def test_prompts_are_no_models(shared: RegistryHome, models: Models) -> None:
    from mlflow.entities.model_registry import RegisteredModelTag  # noqa: PLC0415

    shared.registry.create_registered_model("prompt", [RegisteredModelTag("mlflow.prompt.is_prompt", "true")])
    assert "prompt" not in models.names()


def test_a_line_goes_from_the_commit_to_what_is_live_and_was(shared: RegistryHome, models: Models) -> None:
    sha = "a" * 40
    tags = {"mlflow.source.git.commit": sha, "mlflow.source.git.branch": "main"}
    for _ in range(2):
        shared.model("lined", {}, **tags)
    models.set_alias("lined", "champion", "2", by="owner")
    entries = [
        ("1", "traffic", {"traffic": {"blue": 100}, "models": {"blue": "lined:1"}}),
        ("2", "keys", {}),
        (
            "3",
            "release.step",
            {"traffic": {"blue": 90, "green": 10}, "models": {"blue": "lined:1", "green": "lined:2"}},
        ),
        ("4", "release.step", {"traffic": {"green": 100}, "models": {"green": "lined:2"}}),
    ]
    with shared.storage.database.writing() as connection:
        for at, kind, data in entries:
            connection.execute(
                "INSERT INTO endpoint_history (at, endpoint, kind, by, data) VALUES (?, 'Scoring', ?, 'owner', ?)",
                (at, kind, json.dumps(data)),
            )
    (tree,) = lineages(shared.storage).of("lined")
    lines = drawn(tree)
    assert lines[0] == f"commit {sha[:8]} of main"
    assert [line.strip("│├└─ ") for line in lines if "endpoint" in line] == [
        "endpoint Scoring, deployment green  (live, 100 %, since 3)",
        "endpoint Scoring, deployment blue  (was live, 1 to 4)",
    ]
    assert "lined:2 @champion" in "\n".join(lines)
    (whole,) = lineages(shared.storage).of(sha[:12])
    text = "\n".join(drawn(whole))
    assert all(each in text for each in ("─ lined:1  (sha256:", "─ lined:2 @champion  (sha256:"))
    with pytest.raises(NotFoundError):
        lineages(shared.storage).of("b" * 40)


HOSTILE = [
    "etc passwd",
    "a b",
    "\N{RIGHT-TO-LEFT OVERRIDE}model",
    "'; DROP TABLE promotions; --",
    "<script>",
    "é" * 100,
    "-rf",
    "%s%n",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_only_names(shared: RegistryHome, models: Models, name: str) -> None:
    shared.model(name)
    try:
        found = models.find(f"{name}:1")
    except UserError:
        assert not name.isprintable()
        return
    assert found.name == name
    models.set_alias(name, "champion", "1", by=name, reason=name)
    assert models.promotions(name)[0].by == name
    assert drawn(lineages(shared.storage).of(f"{name}:1")[0])
