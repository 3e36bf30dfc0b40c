"""What there is to say of a run: `RunDetailsDto`, which clients stream logs by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivetrain.view.api.azure.history.model import error_of, run_document, tags_in, warnings_of

LOG_FOLDERS = ("azureml-logs/", "user_logs/", "system_logs/", "logs/azureml/")
"""Where the services, and nobody else, write logs: the order is that in which clients prefer them."""


def details_document(
    run: Mapping[str, Any], definition: Mapping[str, Any] | None, logs: Mapping[str, str]
) -> dict[str, Any]:
    """https://learn.microsoft.com/python/api/azureml-core/azureml.core.run.run#azureml-core-run-run-get-details"""
    shown, tags = run_document(run), tags_in(run)
    kept = ("runId", "target", "status", "startTimeUtc", "endTimeUtc", "properties", "inputDatasets", "outputDatasets")
    found = {
        **{key: shown[key] for key in kept if key in shown},
        "services": {},
        "error": error_of(tags),
        "warnings": warnings_of(tags),
        "runDefinition": definition,
        "logFiles": dict(logs),
        "submittedBy": shown.get("userId"),
    }
    return {key: value for key, value in found.items() if value is not None}
