"""The verbs of `az pipelines` and `az devops`, by azure-devops. https://learn.microsoft.com/cli/azure/pipelines"""

from __future__ import annotations

from typing import Any

from . import devops_groups, devops_runs
from .configuration import default, keep_default
from .devops_client import FILE, Services, sign_in, sign_out
from .errors import WRONG, CommandError
from .options import Option, Verb, pairs

COMMON = (
    Option(("--organization", "--org"), "Address of the organization."),
    Option(("--project", "-p"), "Name or id of the project."),
    Option(("--detect",), "Taken, and without effect."),
)
NAME = Option(("--name",), "Its name.")
ID = Option(("--id",), "Its number.")
RUN_ID = Option(("--run-id",), "Number of the run.", required=True)
TAGS = Option(("--tags",), "Tags, with commas between them.", required=True)
OPEN = Option(("--open",), "Taken, and without effect: no browser is opened.", flag=True)
BRANCH = Option(("--branch",), "Branch.")
VARIABLES = Option(("--variables",), "name=value pairs.", many=True)
TOP = Option(("--top",), "At most so many.")
STATUS = Option(("--status",), "Only with this status.")
RESULT = Option(("--result",), "Only with this result.")


def _client(given: Any) -> Services:
    given.org = given.organization
    return Services(given)


class _Group:
    """One group of commands."""

    COMMON = COMMON

    def __init__(self, verbs: dict[str, Verb]) -> None:
        self.VERBS = verbs

    @staticmethod
    def client(given: Any) -> Services:
        """The clients of a command line."""
        return _client(given)


_LISTING = (
    Option(("--pipeline-ids",), "Only of these pipelines."),
    BRANCH,
    STATUS,
    RESULT,
    Option(("--tags",), "Only with all of these tags."),
    Option(("--reason",), "Only started for this reason."),
    Option(("--requested-for",), "Only of this person."),
    Option(("--query-order",), "FinishTimeAsc, FinishTimeDesc, QueueTimeAsc, QueueTimeDesc, ..."),
    TOP,
)
_QUEUE = (
    Option(("--definition-name",), "Name of the pipeline."),
    Option(("--definition-id",), "Number of the pipeline."),
    BRANCH,
    Option(("--commit-id",), "Commit."),
    VARIABLES,
    OPEN,
)
PIPELINES = _Group(
    {
        "run": Verb(
            devops_runs.run,
            (
                NAME,
                ID,
                BRANCH,
                Option(("--commit-id",), "Commit."),
                VARIABLES,
                Option(("--parameters",), "name=value pairs.", many=True),
                Option(("--folder-path",), "Folder of the pipeline."),
                OPEN,
            ),
            "Queue a pipeline.",
        ),
        "show": Verb(devops_runs.pipeline, (NAME, ID, Option(("--folder-path",), "Folder."), OPEN), "Show a pipeline."),
        "list": Verb(devops_runs.pipelines, (NAME, TOP), "List the pipelines of a project."),
        "runs show": Verb(
            devops_runs.show, (Option(("--id",), "Number of the run.", required=True), OPEN), "Show a run."
        ),
        "runs list": Verb(devops_runs.listing, _LISTING, "List runs."),
        "runs tag add": Verb(devops_runs.add_tags, (RUN_ID, TAGS), "Give a run tags."),
        "runs tag list": Verb(devops_runs.tags, (RUN_ID,), "List the tags of a run."),
        "runs tag delete": Verb(
            devops_runs.delete_tag, (RUN_ID, Option(("--tag",), "Tag.", required=True)), "Take a tag away."
        ),
        "runs artifact list": Verb(devops_runs.artifacts, (RUN_ID,), "List the artifacts of a run."),
        "runs artifact download": Verb(
            devops_runs.download,
            (
                RUN_ID,
                Option(("--artifact-name",), "Name of the artifact.", required=True),
                Option(("--path",), "Folder to download to.", required=True),
            ),
            "Download an artifact.",
        ),
        "build queue": Verb(devops_runs.build_queue, _QUEUE, "Queue a build."),
        "build show": Verb(devops_runs.show, (Option(("--id",), "Number.", required=True), OPEN), "Show a build."),
        "build list": Verb(
            devops_runs.listing,
            (Option(("--definition-ids",), "Only of these pipelines."), *_LISTING[1:]),
            "List builds.",
        ),
        "build cancel": Verb(
            devops_runs.cancel, (Option(("--build-id",), "Number.", required=True), OPEN), "Cancel a build."
        ),
        "build tag add": Verb(
            devops_runs.add_tags, (Option(("--build-id",), "Number.", required=True), TAGS), "Give a build tags."
        ),
        "build tag list": Verb(
            devops_runs.tags, (Option(("--build-id",), "Number.", required=True),), "List the tags of a build."
        ),
        **devops_groups.VERBS,
    }
)


def _configure(services: Services, given: Any) -> Any:
    if given.defaults:
        values = pairs(given.defaults, "--defaults")
        for name in values:
            if name not in ("organization", "project"):
                raise CommandError(f"usage error: --defaults accepts organization and project, not '{name}'", WRONG)
        keep_default(FILE, values)
    if not given.list:
        return None
    found = {name: default(name, FILE) for name in ("organization", "project")}
    return {name: value for name, value in found.items() if value}


def _projects(services: Services, given: Any) -> Any:
    return {"continuationToken": None, "value": services.client("core").get_projects()}


def _project(services: Services, given: Any) -> Any:
    return services.client("core").get_project(given.project or services.project)


DEVOPS = _Group(
    {
        "configure": Verb(
            _configure,
            (
                Option(("--defaults", "-d"), "organization=ADDRESS project=NAME.", many=True),
                Option(("--list", "-l"), "Show the defaults.", flag=True),
                Option(("--use-git-aliases",), "Taken, and without effect."),
            ),
            "Set defaults.",
        ),
        "login": Verb(lambda services, given: sign_in(), (), "Keep a personal access token, from standard input."),
        "logout": Verb(lambda services, given: sign_out(), (), "Forget it."),
        "project list": Verb(_projects, (TOP,), "List projects."),
        "project show": Verb(_project, (OPEN,), "Show a project."),
    }
)
