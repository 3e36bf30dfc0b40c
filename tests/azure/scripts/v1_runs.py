"""Runs of azureml-core, made where the script is: logged, tagged, filled with files, searched, nested, ended."""

import json
import os
import sys
import zlib
from pathlib import Path

from azureml.core import Experiment, Run, Workspace
from azureml.exceptions import ServiceException
from v1_sign_in import workspace

said = {}
ws = workspace(*sys.argv[1:4])
said["workspace"] = [ws.name, ws.location, ws.get_details()["name"]]
ws.write_config(path=".")
said["config"] = Workspace.from_config(auth=ws._auth_object)._workspace_id == ws._workspace_id
said["list"] = sorted(set(Workspace.list(sys.argv[1], auth=ws._auth_object, resource_group=sys.argv[2])) & {ws.name})

name = sys.argv[4]
experiment = Experiment(ws, name)
run = experiment.start_logging(snapshot_directory=None, display_name="first one")
said["id"] = run.id
said["began"] = [run.status, run.get_status(), run.display_name]
for value in (3, 1, 4, 1):
    run.log("steps", value)
run.log("rmse", 0.25, step=7)
run.log("ready", True)
run.log("nothing", float("nan"))
run.log("solver", "lbfgs")
run.log("share (%)", 12.5)
run.log_list("curve", [0.5, 1, 0.25])
run.log_row("rows", x=1, note="a")
run.log_row("rows", x=2, note="b")
run.log_table("table", {"x": [1, 2], "y": [0.5, 0.75]})
run.log_confusion_matrix(
    "confusion",
    {
        "schema_type": "confusion_matrix",
        "schema_version": "1.0.0",
        "data": {"class_labels": ["0", "1"], "matrix": [[3, 1], [0, 4]]},
    },
)
chunks = b"".join(
    len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    for kind, data in (
        (b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])),
        (b"IDAT", zlib.compress(b"\0\0")),
        (b"IEND", b""),
    )
)
Path("dot.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
run.log_image("picture", path="dot.png")

Path("model.txt").write_text("a model")
Path("more/deep").mkdir(parents=True)
Path("more/one.txt").write_text("one")
Path("more/deep/two é.txt").write_text("two")
Path("big.bin").write_bytes(os.urandom(1024) * 6000)
run.upload_file("outputs/model.txt", "model.txt")
run.upload_file("outputs/big.bin", "big.bin")
run.upload_folder("folder", "more")
run.tag("color", "blue")
run.tag("empty")
run.set_tags({"build number": "20260101.1", "gone": "soon"})
run.remove_tags(["gone"])
run.add_properties({"origin": "here"})
try:
    run.tag("drivetrain.build_id", "1")
except ServiceException as error:
    said["reserved"] = error.status_code

child = run.child_run(name="a child")
child.log("inner", 1)
child.complete()
more = run.create_children(count=2)
for each in more:
    each.start()
    each.complete()
said["children"] = sorted(each.id.replace(run.id, "RUN") for each in run.get_children()) == sorted(
    [child.id.replace(run.id, "RUN"), *(each.id.replace(run.id, "RUN") for each in more)]
)
said["parent"] = [child.parent.id == run.id, child._root_run_id == run.id]
run.complete()

again = Run(experiment, run.id)
metrics = again.get_metrics()
metrics["nothing"] = str(metrics["nothing"])
said["metrics"] = metrics
said["types"] = {key: type(value).__name__ for key, value in metrics.items() if key in ("rmse", "ready", "steps")}
said["one"] = again.get_metrics("rmse")
said["files"] = again.get_file_names()
said["tags"] = again.get_tags()
said["properties"] = again.get_properties()
said["status"] = again.get_status()
again.download_file("outputs/model.txt", "down/model.txt")
again.download_file("outputs/big.bin", "down/big.bin")
again.download_files(prefix="folder", output_directory="all")
said["down"] = [
    Path("down/model.txt").read_text(),
    Path("down/big.bin").read_bytes() == Path("big.bin").read_bytes(),
    sorted(str(path.relative_to("all")) for path in Path("all").rglob("*") if path.is_file()),
]
details = again.get_details()
said["details"] = [details["status"], sorted(key for key in details if key.endswith("Utc")), details["properties"]]

failed = experiment.start_logging(snapshot_directory=None)
failed.fail(error_details="it broke", error_code="Broken")
said["failed"] = [failed.get_status(), failed.get_details()["error"]["error"]["message"]]
canceled = experiment.start_logging(snapshot_directory=None)
canceled.cancel()
said["canceled"] = canceled.get_status()

said["by_tag"] = [each.id == run.id for each in experiment.get_runs(tags={"build number": "20260101.1"})]
said["by_key"] = len(list(experiment.get_runs(tags="color")))
said["by_property"] = len(list(experiment.get_runs(properties={"origin": "here"})))
said["by_status"] = len(list(Run.list(experiment, status="Failed")))
tags = {"color": "blue", "empty": "", "build number": "20260101.1"}
said["equal"] = next(each.tags == tags for each in experiment.get_runs() if each.id == run.id)
said["with_children"] = len(list(experiment.get_runs(include_children=True)))
said["without"] = len(list(experiment.get_runs()))
said["none"] = len(list(experiment.get_runs(tags={"build number": "none (so)"})))
said["by_id"] = ws.get_run(run.id).id == run.id

said["experiments"] = name in [each.name for each in Experiment.list(ws)]
experiment.set_tags({"team": "red"})
experiment.tag("more", "one")
said["experiment_tags"] = Experiment(ws, name).tags
experiment.archive()
said["archived"] = name in [each.name for each in Experiment.list(ws)]
experiment.reactivate()
said["reactivated"] = name in [each.name for each in Experiment.list(ws)]
try:
    Run(experiment, "not-there")
except ServiceException as error:
    said["missing"] = error.status_code
print(json.dumps(said))
