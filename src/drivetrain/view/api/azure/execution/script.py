"""Runs the script of an older client's run, and waits, when it ends, for what it logged: azureml-core sends metrics in
the background, and a script that does not say `run.complete()` would lose the last of them. Azure does the same.

Sent to the client beside launcher.py, and put beside the project of a run on a compute: for Python 3.5 and later, and
nothing of Drivetrain.
"""

import importlib
import json
import os
import runpy
import shutil
import sys
import tempfile

SECONDS = 300
HERE = os.path.dirname(os.path.abspath(__file__))
ARGUMENT = "DatasetConsumptionConfig:"
"""Begins an argument that stands for a dataset (`azureml/data/constants.py`)."""


def finish():
    module = sys.modules.get("azureml._run_impl.run_base")
    finish = getattr(getattr(module, "_RunBase", None), "_kill", None)
    if finish is not None:
        finish(timeout=SECONDS)


def mounts():
    """Whether this machine lets its users mount."""
    return os.access("/dev/fuse", os.R_OK | os.W_OK) and bool(shutil.which("fusermount"))


def placed(name, dataset):
    """Say where a dataset is to be, as azureml-core reads it. The environment variable names the place."""
    mode, variable = dataset["Mechanism"], dataset["EnvironmentVariableName"]
    if mode == "direct":
        os.environ[variable] = dataset["DataLocation"]["Dataset"]["Id"]
        return dataset
    if mode == "mount" and not mounts():
        sys.stdout.write("This machine cannot mount: the dataset '" + name + "' is downloaded instead.\n")
        dataset = dict(dataset, Mechanism="download")
    place = os.path.abspath(dataset["PathOnCompute"] or os.path.join(parent(dataset["Mechanism"]), name))
    os.makedirs(os.path.dirname(place), exist_ok=True)
    os.environ[variable] = os.environ["AZUREML_DATAREFERENCE_" + variable] = place
    return dataset


def parent(mode):
    """The folder for datasets without a place of their own. A mount outlives a script that is killed, and would be in
    the way of whoever removes the project's folder.
    """
    return tempfile.mkdtemp(prefix="dataset-") if mode == "mount" else os.path.join(HERE, "data")


def brought(given):
    """The datasets, as something to enter. `run.input_datasets` reads the variable that is set last."""
    found = {name: placed(name, each) for name, each in given.items()}
    pairs = [each["EnvironmentVariableName"] + ":" + each["Mechanism"] for each in found.values()]
    os.environ["AZUREML_DATASET_ENVIRONMENT_VARS"] = ",".join(pairs)
    return importlib.import_module("azureml.data.context_managers").DatasetContextManager(found)


def replaced(argument, given):
    """An argument that stands for a dataset is where it is, or its id."""
    name = argument[len(ARGUMENT) :] if argument.startswith(ARGUMENT) else ""
    return os.environ[given[name]["EnvironmentVariableName"]] if name in given else argument


def started(script):
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        finish()


def main():
    script = os.path.abspath(sys.argv[1])
    sys.path[0] = os.path.dirname(script)
    given = json.loads(os.environ.pop("DRIVETRAIN_DATASETS", "{}"))
    if not given:
        sys.argv = sys.argv[1:]
        started(script)
        return
    with brought(given):
        sys.argv = [sys.argv[1]] + [replaced(each, given) for each in sys.argv[2:]]
        started(script)


if __name__ == "__main__":
    main()
