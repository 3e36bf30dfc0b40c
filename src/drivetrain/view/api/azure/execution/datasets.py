"""The datasets that a run is given (`dataset.as_named_input(...)`), as azureml-core sends them, and reads them again in
the run. Pure.

`azureml/data/context_managers.py` and `azureml/core/run.py` of azureml-core say what is read there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from drivetrain.errors import UserError
from drivetrain.view.api.azure.documents import mapping, text

VARIABLE = "DRIVETRAIN_DATASETS"
"""Tells script.py, which runs the script, what to bring first."""
_MODES = ("direct", "mount", "download")


def is_dataset(given: object) -> bool:
    """Whether it is a dataset, and not a reference to a datastore."""
    return isinstance(given, dict) and isinstance(given.get("dataLocation"), dict)


def variables(data: Mapping[str, Any]) -> dict[str, str]:
    """The environment variables by which a run finds its datasets; none when it has none. Raises UserError."""
    found = {name: _given(name, each) for name, each in data.items() if is_dataset(each)}
    return {VARIABLE: json.dumps(found)} if found else {}


def _given(name: str, data: dict[str, Any]) -> dict[str, Any]:
    """In the words of `DatasetContextManager`."""
    dataset = mapping(mapping(data, "dataLocation"), "dataset")
    saved, mode = text(dataset, "id"), text(data, "mechanism").lower() or "direct"
    if not saved:
        raise UserError(f"the data '{name[:80]}' is no dataset of this workspace")
    if mode not in _MODES:
        raise UserError(f"the dataset '{name[:80]}' cannot be brought by '{mode[:20]}': {', '.join(_MODES)}")
    return {
        "DataLocation": {"Dataset": {"Id": saved, "Name": dataset.get("name"), "Version": dataset.get("version")}},
        "Mechanism": mode,
        "EnvironmentVariableName": text(data, "environmentVariableName") or name,
        "PathOnCompute": text(data, "pathOnCompute"),
        "Overwrite": data.get("overwrite") is True,
        "Options": mapping(data, "options") or None,
    }
