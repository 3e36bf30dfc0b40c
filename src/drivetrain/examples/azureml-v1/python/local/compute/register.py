"""Finds the run of a build by its tag, and registers its model.

Usage: register.py BUILD_NUMBER
"""

import json
import sys
from pathlib import Path

from azureml.core import Experiment, Workspace
from azureml.core.authentication import AzureCliAuthentication

CONFIG = Path(__file__).parents[1] / "config"


def main(build_number):
    place = json.loads((CONFIG / "workspace.json").read_text())
    workspace = Workspace(
        subscription_id=place["subscription_id"],
        resource_group=place["resource_group"],
        workspace_name=place["workspace_name"],
        auth=AzureCliAuthentication(),
    )
    runs = list(Experiment(workspace, "diabetes-progression-v1").get_runs(tags={"build number": build_number}))
    if not runs:
        sys.exit(f"no run has the build number {build_number}")
    model = runs[0].register_model(
        "diabetes-v1", model_path="outputs/model.joblib", tags={"build number": build_number}
    )
    print(f"model {model.name}, version {model.version}, of run {runs[0].id}")


if __name__ == "__main__":
    main(sys.argv[1])
