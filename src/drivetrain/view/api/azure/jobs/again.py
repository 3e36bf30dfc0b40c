"""A job that is submitted again under another name: its body without what was that job's alone. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.run.azureml.model import AzureJob

_OF_AN_OUTPUT = ("jobOutputType", "mode")


def repeated(job: AzureJob) -> dict[str, Any]:
    """`properties` of a job, without what belongs to that job alone."""
    body = {key: value for key, value in job.body.items() if key not in ("experimentId", "properties")}
    outputs = body.get("outputs")
    if isinstance(outputs, dict):  # the places of that job's own outputs are not where this one's go
        own = f"/azureml/{job.name}"
        body["outputs"] = {
            key: {each: text for each, text in value.items() if each != "uri" or own not in str(text)}
            for key, value in outputs.items()
            if isinstance(value, dict) and key != "default"
        }
    return {**body, "experimentName": job.experiment}


def reproduced(job: AzureJob) -> dict[str, Any]:
    """`properties` of a job that does the same alone, to be compared: it is part of no other job, writes over nothing,
    and no output of it becomes an asset or a model.
    """
    body = repeated(job)
    body.pop("parentJobName", None)
    outputs: Mapping[str, Mapping[str, Any]] = body.get("outputs") or {}
    body["outputs"] = {
        name: {key: each[key] for key in _OF_AN_OUTPUT if each.get(key)} for name, each in outputs.items()
    }
    return body
