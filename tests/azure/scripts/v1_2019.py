"""A training script's submission as it was written in October 2019: signed in by `az`, tagged with the build number.
For Python 3.6. Prints what came of it.
"""

import json
import sys
from pathlib import Path

from azureml.core import Experiment, Model, ScriptRunConfig, Workspace
from azureml.core.authentication import AzureCliAuthentication
from azureml.core.runconfig import RunConfiguration

subscription, group, name = sys.argv[1:]
workspace = Workspace(subscription, group, name, auth=AzureCliAuthentication())
Path("train.py").write_text(
    "from azureml.core import Run\n"
    "run = Run.get_context()\n"
    "run.log('answer', 42)\n"
    "run.log_list('curve', [1.0, 0.5])\n"
    "run.log_table('rows', {'x': [1, 2], 'y': [3, 4]})\n"
    "run.tag('seen', run.get_tags()['build number'])\n"
    "open('model.txt', 'w').write(run.experiment.workspace.name)\n"
    "run.upload_file('outputs/model.txt', 'model.txt')\n"
)
configuration = RunConfiguration()
configuration.environment.python.user_managed_dependencies = True
configuration.environment.python.interpreter_path = sys.executable
script = ScriptRunConfig(source_directory=".", script="train.py", run_config=configuration)
experiment = Experiment(workspace, "of-2019")
run = experiment.submit(script, tags={"build number": "20191010.2"})
run.wait_for_completion(show_output=True)
model = run.register_model("of-2019", model_path="outputs/model.txt")
Model(workspace, "of-2019").download("down")
print(
    json.dumps(
        {
            "id": run.id,
            "python": list(sys.version_info[:2]),
            "status": run.get_status(),
            "metrics": run.get_metrics(),
            "tags": run.get_tags(),
            "files": run.get_file_names(),
            "by_tag": [each.id for each in experiment.get_runs(tags={"build number": "20191010.2"})],
            "model": [model.name, model.version, Path("down", "model.txt").read_text()],
        }
    )
)
