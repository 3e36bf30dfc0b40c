"""`az ml online-endpoint`, `batch-endpoint` and their deployments, beyond what every kind has."""

from __future__ import annotations

import json
from typing import Any

from .ml_kinds import described, first
from .options import LOCAL, Option, Verb

_DEPLOYMENT = Option(("--deployment-name", "-d"), "Only this deployment.")


def _keys(ml: Any, given: Any) -> Any:
    keys = ml.online_endpoints.get_keys(given.name)
    found = {"primaryKey": "primary_key", "secondaryKey": "secondary_key", "accessToken": "access_token"}
    return {name: getattr(keys, field) for name, field in found.items() if getattr(keys, field, None)}


def _regenerate(ml: Any, given: Any) -> Any:
    ml.online_endpoints.begin_regenerate_keys(given.name, key_type=given.key_type).result()


def _ask(ml: Any, given: Any) -> Any:
    text = ml.online_endpoints.invoke(
        given.name, request_file=given.request_file, deployment_name=given.deployment_name
    )
    try:
        return json.loads(text)
    except ValueError:
        return text


def _batch(ml: Any, given: Any) -> Any:
    inputs = {}
    if given.input:
        from azure.ai.ml import Input  # noqa: PLC0415 - seconds to import

        inputs = {"input": Input(path=given.input, type=given.input_type)}
    return described(ml.batch_endpoints.invoke(given.name, deployment_name=given.deployment_name, inputs=inputs))


def _batch_jobs(ml: Any, given: Any) -> Any:
    return first(ml.batch_endpoints.list_jobs(given.name), given)


def _logs(ml: Any, given: Any) -> Any:
    return ml.online_deployments.get_logs(
        given.name, given.endpoint_name, int(given.lines), container_type=given.container
    )


def verbs(name: Option) -> dict[str, Verb]:
    """They."""
    endpoint = Option(("--endpoint-name", "-e"), "Name of its endpoint.", required=True)
    request = Option(("--request-file", "-r"), "JSON file with the request.", required=True)
    source = Option(("--input",), "Data: a path, a URI or an asset.")
    kind = Option(("--input-type",), "uri_folder or uri_file.", default="uri_folder")
    return {
        "online-endpoint get-credentials": Verb(_keys, (name,), "Show the keys of an endpoint."),
        "online-endpoint regenerate-keys": Verb(
            _regenerate, (name, Option(("--key-type",), "primary or secondary.", default="primary")), "Make new keys."
        ),
        "online-endpoint invoke": Verb(_ask, (name, request, _DEPLOYMENT, LOCAL), "Ask an endpoint."),
        "online-deployment get-logs": Verb(
            _logs,
            (
                name,
                endpoint,
                Option(("--lines", "-l"), "The last so many.", default="5000"),
                Option(("--container", "-c"), "inference-server or storage-initializer."),
                LOCAL,
            ),
            "Show the log of a deployment.",
        ),
        "batch-endpoint invoke": Verb(_batch, (name, _DEPLOYMENT, source, kind), "Start a batch job."),
        "batch-endpoint list-jobs": Verb(_batch_jobs, (name,), "List the batch jobs of an endpoint."),
    }
