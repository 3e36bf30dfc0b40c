"""Submits the training to the workspace, waits for it, and registers its model.

Usage: train.py BUILD_NUMBER
"""

import sys
from pathlib import Path

from azure.ai.ml import MLClient, Output, command
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import Environment, Model
from azure.identity import AzureCliCredential

TRAINING = Path(__file__).parents[1] / "training"


def main(build_number):
    client = MLClient.from_config(credential=AzureCliCredential())
    training = command(
        code=str(TRAINING),
        command="python train.py --learning-rate ${{inputs.learning_rate}} --trees ${{inputs.trees}}"
        " --model ${{outputs.model}}",
        inputs={"learning_rate": 0.05, "trees": 90},
        outputs={"model": Output(type=AssetTypes.MLFLOW_MODEL)},
        environment=Environment(name="diabetes", conda_file=str(TRAINING / "conda.yml"), image="ubuntu:22.04"),
        experiment_name="diabetes-progression",
        display_name=f"build {build_number}",
        tags={"build number": build_number},
    )
    job = client.jobs.create_or_update(training)
    print(f"job {job.name}: {job.studio_url}")
    client.jobs.stream(job.name)

    path = f"azureml://jobs/{job.name}/outputs/model"
    model = client.models.create_or_update(
        Model(name="diabetes", path=path, type=AssetTypes.MLFLOW_MODEL, tags={"build number": build_number})
    )
    print(f"model {model.name}, version {model.version}")


if __name__ == "__main__":
    main(sys.argv[1])
