"""What a workspace holds, by azureml-core: models, environments, datastores with files, computes."""

import json
import sys
from pathlib import Path

from azureml.core import Datastore, Environment, Experiment, Model
from azureml.exceptions import WebserviceException
from v1_sign_in import workspace

said = {}
ws = workspace(*sys.argv[1:4])

experiment = Experiment(ws, "models")
run = experiment.start_logging(snapshot_directory=None)
Path("model.pkl").write_text("a model")
run.upload_file("outputs/model.pkl", "model.pkl")
run.complete()
of_run = run.register_model(
    "turbofan", model_path="outputs/model.pkl", tags={"build number": "1", "stage": "dev"}, properties={"p": "q"}
)
said["run"] = run.id
said["of_run"] = [
    of_run.id,
    dict(of_run.tags),
    dict(of_run.properties),
    of_run.run_id == run.id,
    of_run.run.id == run.id,
]
Path("folder/deep").mkdir(parents=True)
Path("folder/weights").write_text("w")
Path("folder/deep/more").write_text("m")
of_folder = Model.register(
    ws, "folder", "turbofan", description="by hand", model_framework="ScikitLearn", model_framework_version="0.20.2"
)
said["of_folder"] = [of_folder.version, of_folder.description, of_folder.model_framework]
single = Model.register(ws, "model.pkl", "single-file")
own = {"single-file", "turbofan"}  # the home's other models are in the list as well
said["list"] = [[each.name, each.version] for each in Model.list(ws) if each.name in own]
said["named"] = [each.version for each in Model.list(ws, name="turbofan")]
said["latest"] = [each.id for each in Model.list(ws, latest=True) if each.name in own]
said["tagged"] = [each.id for each in Model.list(ws, tags=["stage", ["build number", "1"]])]
said["of_that_run"] = [each.id for each in Model.list(ws, run_id=run.id)]
said["newest"] = [
    Model(ws, "turbofan").version,
    Model(ws, "turbofan", tags=["stage"]).version,
    Model(ws, id="turbofan:1").id,
]
said["down"] = [of_run.download("one"), of_folder.download("two"), single.download("three")]
files = sorted(str(each) for each in Path().glob("t*/**/*") if each.is_file())
said["files"] = [*files, Path("one/model.pkl").read_text()]
said["path"] = Model.get_model_path("turbofan", version=1, _workspace=ws)
of_run.add_tags({"more": "1"})
of_run.remove_tags(["stage"])
of_run.add_properties({"z": "1"})
of_run.update(description="said later")
again = Model(ws, "turbofan", version=1)
said["changed"] = [again.tags, again.properties, again.description]
single.delete()
try:
    Model(ws, "single-file")
except WebserviceException as error:
    said["gone"] = "ModelNotFound" in str(error)

environment = Environment("training")
environment.python.conda_dependencies.add_pip_package("pandas==2.0.0")
environment.environment_variables = {"A": "1"}
said["registered"] = [environment.register(ws).version, environment.register(ws).version]
environment.python.conda_dependencies.add_pip_package("scipy")
said["second"] = environment.register(ws).version
back = Environment.get(ws, "training", version="1")
said["environment"] = [list(back.python.conda_dependencies.pip_packages), back.environment_variables, back.version]
Environment.label(ws, "training", "1", ["proven"])
said["labelled"] = Environment.get(ws, "training", label="proven").version
said["environments"] = sorted(Environment.list(ws))

store = ws.get_default_datastore()
said["stores"] = [store.name, sorted(ws.datastores)]
store.upload("folder", "target/here", overwrite=True, show_progress=False)
said["count"] = store.download("back", prefix="target/here", overwrite=True, show_progress=False)
said["content"] = Path("back/target/here/deep/more").read_text()
mine = Datastore.register_azure_blob_container(
    ws, "mine", store.container_name, store.account_name, account_key=store.account_key, endpoint=store.endpoint
)
mine.set_as_default()
said["default"] = [ws.get_default_datastore().name, Datastore.get(ws, "mine").account_key == store.account_key]
mine.unregister()
said["left"] = ws.get_default_datastore().name
said["computes"] = {name: [each.type, each.provisioning_state] for name, each in ws.compute_targets.items()}
print(json.dumps(said))
