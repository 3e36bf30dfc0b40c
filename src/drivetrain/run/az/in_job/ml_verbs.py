"""The verbs of `az ml`, by azure-ai-ml. https://learn.microsoft.com/cli/azure/ml"""

from __future__ import annotations

import os
from typing import Any

from . import ml_endpoints, ml_jobs
from .configuration import credential, default, needed, subscription
from .ml_kinds import KINDS, Kind, archived, created, deleted, listed, restored, shown, updated, waited
from .options import LOCAL, Option, Verb

COMMON = (
    Option(("--resource-group", "-g"), "Name of the resource group; else az configure --defaults group=."),
    Option(("--workspace-name", "-w"), "Name of the workspace; else az configure --defaults workspace=."),
    Option(("--subscription",), "Name or id of the subscription."),
    Option(("--registry-name",), "A registry in place of the workspace."),
)
FILE = Option(("--file", "-f"), "The YAML file.")
NAME = Option(("--name", "-n"), "Its name.", required=True)
NEW_NAME = Option(("--name", "-n"), "Its name, in place of the file's.")
VERSION = Option(("--version", "-v"), "Its version.")
LABEL = Option(("--label", "-l"), "Its label, in place of a version.")
SET = Option(("--set",), "Values in place of the file's: a.b.c=value.", many=True)
YES = Option(("--yes", "-y"), "Do not ask.", flag=True)
NO_WAIT = Option(("--no-wait",), "Do not wait until it is done.", flag=True)
MOST = Option(("--max-results", "-r"), "At most so many.")
ARCHIVED = (
    Option(("--archived-only",), "Only archived ones.", flag=True),
    Option(("--include-archived",), "Archived ones, too.", flag=True),
)
PATH = Option(("--download-path", "-p"), "Where to.", default=".")
WEB = Option(("--web", "-e"), "Taken, and without effect: no browser is opened.", flag=True)


def client(given: Any) -> Any:
    """The client, made when it is first used: `--help` and a wrong command line cost no import."""
    return Lazily(given)


class Lazily:
    """The MLClient that a command line is about."""

    def __init__(self, given: Any) -> None:
        self._given = given
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            self._made = _client(self._given)
        return getattr(self._made, name)


def _client(given: Any) -> Any:
    group = given.resource_group or default("group") or os.environ.get("AZUREML_ARM_RESOURCEGROUP", "")
    workspace = given.workspace_name or default("workspace") or os.environ.get("AZUREML_ARM_WORKSPACE_NAME", "")
    if given.registry_name:
        workspace = None
    else:
        needed({"--resource-group/-g": group, "--workspace-name/-w": workspace})
    from azure.ai.ml import MLClient  # noqa: PLC0415 - seconds to import

    where = {"registry_name": given.registry_name} if given.registry_name else {"workspace_name": workspace}
    return MLClient(credential(), subscription(given.subscription), group or None, **where)


def _of_kind(name: str, kind: Kind) -> dict[str, Verb]:
    versions = (VERSION, LABEL) if kind.versioned else ()
    endpoint = (Option(("--endpoint-name", "-e"), "Name of its endpoint.", required=not kind.file_has_endpoint),)
    parent = (Option(("--endpoint-name", "-e"), "Name of its endpoint.", required=True),) if kind.of_endpoint else ()
    making = (FILE, NEW_NAME, *((VERSION,) if kind.versioned else ()), SET, *kind.fields, NO_WAIT)
    making += endpoint if kind.of_endpoint else ()
    local = (LOCAL,) if name.startswith("online-") else ()
    which = (NAME, *parent) if parent else (NAME, *versions, WEB)
    found = {
        "create": Verb(created(kind), (*making, *local), f"Create a {name}."),
        "show": Verb(shown(kind), (*which, *local), f"Show a {name}."),
        "list": Verb(listed(kind), (*_listing(kind), *parent, *local), f"List each {name}."),
        "update": Verb(updated(kind), (FILE, NEW_NAME, *versions[:1], *parent, SET, *kind.fields, NO_WAIT, *local),
                       f"Change a {name}."),
    }  # fmt: skip
    if kind.archives:
        found["archive"] = Verb(archived(kind), (NAME, *versions), f"Archive a {name}.")
        found["restore"] = Verb(restored(kind), (NAME, *versions), f"Restore an archived {name}.")
    if kind.deletes:
        found["delete"] = Verb(deleted(kind), (NAME, *parent, YES, NO_WAIT, *local), f"Delete a {name}.")
    return {f"{name} {verb}": each for verb, each in found.items()}


def _listing(kind: Kind) -> tuple[Option, ...]:
    named = (Option(("--name", "-n"), "Only the versions of this one."),) if kind.versioned else ()
    of_kind = (Option(("--type",), "Only of this type."),) if kind.operations == "compute" else ()
    return (*named, *of_kind, MOST, *(ARCHIVED if kind.archives else ()))


def _download_model(ml: Any, given: Any) -> Any:
    needed({"--version/-v": given.version})
    ml.models.download(given.name, version=given.version, download_path=given.download_path)


def _simple(operations: str, method: str) -> Any:
    def call(ml: Any, given: Any) -> Any:
        return waited(getattr(getattr(ml, operations), method)(given.name), given)

    return call


def _workspaces(ml: Any, given: Any) -> Any:
    return [each._to_dict() for each in ml.workspaces.list()]  # noqa: SLF001 - what the extension shows


def _workspace(ml: Any, given: Any) -> Any:
    return ml.workspaces.get(given.name or ml.workspace_name)._to_dict()  # noqa: SLF001 - as above


def _nodes(ml: Any, given: Any) -> Any:
    return list(ml.compute.list_nodes(given.name))


VERBS: dict[str, Verb] = {}
for _name, _kind in KINDS.items():
    VERBS.update(_of_kind(_name, _kind))
_OTHERS = {
    "model download": Verb(_download_model, (NAME, VERSION, PATH), "Download the files of a model."),
    "compute start": Verb(_simple("compute", "begin_start"), (NAME, NO_WAIT), "Start a compute."),
    "compute stop": Verb(_simple("compute", "begin_stop"), (NAME, NO_WAIT), "Stop a compute."),
    "compute restart": Verb(_simple("compute", "begin_restart"), (NAME, NO_WAIT), "Restart a compute."),
    "compute list-nodes": Verb(_nodes, (NAME,), "List the nodes of a compute."),
    "schedule enable": Verb(_simple("schedules", "begin_enable"), (NAME, NO_WAIT), "Enable a schedule."),
    "schedule disable": Verb(_simple("schedules", "begin_disable"), (NAME, NO_WAIT), "Disable a schedule."),
    "workspace show": Verb(_workspace, (Option(("--name", "-n"), "Its name."),), "Show a workspace."),
    "workspace list": Verb(_workspaces, (), "List the workspaces of a resource group."),
    "job create": Verb(
        ml_jobs.create,
        (
            Option(("--file", "-f"), "The YAML file.", required=True),
            NEW_NAME,
            SET,
            Option(("--stream", "-s"), "Show its log until it ends.", flag=True),
            Option(("--skip-validation",), "Do not validate the file.", flag=True),
            Option(("--save-as", "-a"), "Write the job as it was made to this file."),
            WEB,
        ),
        "Create a job.",
        speaks=True,
    ),
    "job list": Verb(
        ml_jobs.listing, (Option(("--parent-job-name", "-p"), "Only its child jobs."), MOST, *ARCHIVED), "List jobs."
    ),
    "job show": Verb(ml_jobs.show, (NAME, WEB), "Show a job."),
    "job stream": Verb(ml_jobs.stream, (NAME,), "Show the log of a job until it ends.", speaks=True),
    "job cancel": Verb(_simple("jobs", "begin_cancel"), (NAME, NO_WAIT), "Cancel a job."),
    "job validate": Verb(
        ml_jobs.validate, (Option(("--file", "-f"), "The YAML file.", required=True), SET), "Validate a job's file."
    ),
    "job download": Verb(
        ml_jobs.download,
        (
            NAME,
            PATH,
            Option(("--output-name",), "Only this output."),
            Option(("--all",), "Outputs and logs.", flag=True),
        ),
        "Download what a job has written.",
    ),
}
VERBS.update(_OTHERS)
VERBS.update(ml_endpoints.verbs(NAME))
