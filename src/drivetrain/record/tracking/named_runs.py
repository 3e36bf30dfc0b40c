"""Training runs under names of their own: MLflow gives every run a random id, but Azure ML's run has its job's name.

Runs in the process that hosts MLflow. MLflow's store takes its ids from `uuid.uuid4`, which is replaced for one call.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any
from unittest import mock

from drivetrain.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping

_one_at_a_time = threading.Lock()


class _Named:
    def __init__(self, name: str) -> None:
        self.hex = name

    def uuid4(self) -> _Named:
        return self


def create_run(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Make a run: `run_id`, and in `request` the body of `runs/create`; the answer of that route. Raises
    MlflowException, with RESOURCE_ALREADY_EXISTS when there is a run of that id.
    """
    from mlflow.entities import RunTag  # noqa: PLC0415 - only this process has MLflow
    from mlflow.exceptions import MlflowException  # noqa: PLC0415
    from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS  # noqa: PLC0415
    from mlflow.server.handlers import _get_tracking_store  # noqa: PLC0415
    from mlflow.utils.proto_json_utils import message_to_json  # noqa: PLC0415
    from mlflow.utils.validation import _validate_run_id  # noqa: PLC0415

    run_id, request = str(wanted["run_id"]), wanted.get("request", {})
    _validate_run_id(run_id)
    store = _get_tracking_store()
    with _one_at_a_time:
        if _there(store, run_id):
            raise MlflowException(f"there is a run {run_id} already", RESOURCE_ALREADY_EXISTS)
        with mock.patch("mlflow.store.tracking.sqlalchemy_store.uuid", _Named(run_id)):
            run = store.create_run(
                str(request.get("experiment_id") or "0"),
                str(request.get("user_id") or "unknown"),
                int(request.get("start_time") or SystemClock().now().timestamp() * 1000),
                [RunTag(tag["key"], tag["value"]) for tag in request.get("tags", [])],
                str(request.get("run_name") or ""),
            )
    return {"run": json.loads(message_to_json(run.to_proto()))}


def _there(store: Any, run_id: str) -> bool:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - only this process has MLflow

    try:
        store.get_run(run_id)
    except MlflowException:
        return False
    return True
