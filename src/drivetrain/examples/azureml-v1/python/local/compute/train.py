"""Submits the training script to the workspace, to run where this script runs, tagged with the build number.

Usage: train.py BUILD_NUMBER
"""

import json
import sys
from pathlib import Path

from azureml.core import Experiment, ScriptRunConfig, Workspace
from azureml.core.authentication import AzureCliAuthentication
from azureml.core.runconfig import RunConfiguration

LOCAL = Path(__file__).parents[1]


def main(build_number):
    place = json.loads((LOCAL / "config" / "workspace.json").read_text())
    workspace = Workspace(
        subscription_id=place["subscription_id"],
        resource_group=place["resource_group"],
        workspace_name=place["workspace_name"],
        auth=AzureCliAuthentication(),
    )
    run_config = RunConfiguration()
    run_config.environment.python.user_managed_dependencies = True
    config = ScriptRunConfig(source_directory=str(LOCAL / "training"), script="train.py", run_config=run_config)
    run = Experiment(workspace, "diabetes-progression-v1").submit(config, tags={"build number": build_number})
    run.wait_for_completion(show_output=True)
    print(f"run {run.id}: {run.get_status()}, {run.get_metrics()}")


if __name__ == "__main__":
    main(sys.argv[1])
