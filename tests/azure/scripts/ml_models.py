"""Models by azure-ai-ml and by MLflow's own client, each reading what the other made: prints what it got."""

import json
import sys
from pathlib import Path

import mlflow
from azure.ai.ml import MLClient
from azure.ai.ml.constants import ListViewType
from azure.ai.ml.entities import Model
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from mlflow.entities import Metric

subscription, group, name = sys.argv[1:4]
ml = MLClient(DefaultAzureCredential(), subscription, group, name)
flow = mlflow.MlflowClient()
said: dict[str, object] = {}

# By azure-ai-ml: a file, a folder with an MLmodel, an explicit version, one that is no number.
Path("weights.bin").write_bytes(b"weights")
plain = ml.models.create_or_update(
    Model(name="plain", path="weights.bin", type="custom_model", description="a file", tags={"k": "v"},
          properties={"rows": "10"})
)  # fmt: skip
said["plain"] = [
    plain.version,
    plain.type,
    plain.description,
    plain.tags,
    plain.properties,
    plain.creation_context.created_by != "",
]
Path("flowers").mkdir()
Path("flowers/MLmodel").write_text(
    "flavors:\n  python_function: {loader_module: mlflow.sklearn, python_version: 3.11}\n"
)
Path("flowers/model.pkl").write_bytes(b"pickle")
folder = ml.models.create_or_update(Model(name="flowers", path="flowers", type="mlflow_model"))
said["flavors"] = [folder.flavors, folder.version]
word = ml.models.create_or_update(Model(name="plain", version="2024.rc1", path="weights.bin"))
said["word"] = [word.version, ml.models.get("plain", "2024.rc1").version]
third = ml.models.create_or_update(Model(name="plain", path="weights.bin"))
said["versions"] = [each.version for each in ml.models.list("plain")]
said["latest"] = ml.models.get("plain", label="latest").version

# Read by MLflow.
said["mlflow"] = sorted((each.name, each.version) for each in flow.search_model_versions("name = 'plain'"))
mine = flow.get_model_version("plain", "1")
said["mlflow_tags"] = [mine.tags["k"], mine.description]
files = mlflow.artifacts.download_artifacts("models:/flowers/1", dst_path="got")
said["mlflow_files"] = sorted(path.name for path in Path(files).iterdir())

# By MLflow: a run's artifact, and a change of stage; read by azure-ai-ml.
experiment = flow.create_experiment(f"models of {name}")
run = flow.create_run(experiment)
flow.log_batch(run.info.run_id, metrics=[Metric("rmse", 1.0, 0, 0)])
flow.log_artifacts(run.info.run_id, "flowers", "model")
flow.create_registered_model("tuned", description="by mlflow")
flow.create_model_version("tuned", f"{run.info.artifact_uri}/model", run.info.run_id, tags={"a": "b"})
tuned = ml.models.get("tuned", "1")
said["tuned"] = [tuned.type, tuned.tags, tuned.job_name == run.info.run_id, sorted(tuned.flavors)]
ml.models.download("tuned", "1", "down")
said["tuned_files"] = sorted(path.name for path in Path("down").rglob("*") if path.is_file())
ml.models.download("plain", "1", "down-plain")
said["plain_files"] = sorted(path.name for path in Path("down-plain").rglob("*") if path.is_file())
said["names"] = sorted(each.name for each in ml.models.list() if each.name in ("plain", "flowers", "tuned"))

# From a job's output, by azure-ai-ml.
job = ml.models.create_or_update(
    Model(name="tuned", path=f"azureml://jobs/{run.info.run_id}/outputs/artifacts/paths/model/", type="mlflow_model")
)
said["of_job"] = [
    job.version,
    job.job_name == run.info.run_id,
    flow.get_model_version("tuned", "2").run_id == job.job_name,
]
try:
    ml.models.create_or_update(
        Model(name="tuned", path=f"azureml://jobs/{run.info.run_id}/outputs/artifacts/paths/none", type="mlflow_model")
    )
except ResourceNotFoundError as error:
    said["no_files"] = error.error.code

# A model that MLflow 3 logged, whose files lie beside the run's: found by its name, downloaded by azure-ai-ml.
logged = flow.create_logged_model(experiment, name="forest", source_run_id=run.info.run_id)
flow.log_model_artifacts(logged.model_id, "flowers")
flow.finalize_logged_model(logged.model_id, "READY")
forest = ml.models.create_or_update(
    Model(name="forest", path=f"azureml://jobs/{run.info.run_id}/outputs/artifacts/paths/forest", type="mlflow_model")
)
ml.models.download("forest", "1", "down-forest")
said["logged"] = [
    forest.job_name == run.info.run_id,
    sorted(path.name for path in Path("down-forest").rglob("*") if path.is_file()),
]

# Change, archive, restore.
plain.tags = {"k": "w", "more": "1"}
plain.description = "better"
ml.models.create_or_update(plain)
mine = flow.get_model_version("plain", "1")
said["changed"] = [mine.tags["k"], mine.tags["more"], mine.description]
ml.models.archive("plain", version="1")
said["active"] = [each.version for each in ml.models.list("plain")]
said["archived"] = [each.version for each in ml.models.list("plain", list_view_type=ListViewType.ARCHIVED_ONLY)]
ml.models.restore("plain", version="1")
ml.models.archive("plain")
said["gone"] = "plain" in [each.name for each in ml.models.list()]
ml.models.restore("plain")
said["back"] = "plain" in [each.name for each in ml.models.list()]
try:
    Path("other.bin").write_bytes(b"others")
    ml.models.create_or_update(Model(name="plain", version="1", path="other.bin"))
except HttpResponseError as error:
    said["fixed"] = error.status_code
try:
    ml.models.get("plain", "77")
except ResourceNotFoundError as error:
    said["no_version"] = error.error.code

print(json.dumps(said))
