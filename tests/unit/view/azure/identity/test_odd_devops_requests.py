"""Whatever is asked of any route of the Azure DevOps API by who may come in: never an error of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.settings import load
from drivetrain.source.git import git
from drivetrain.source.model import Project
from drivetrain.view.api.devops.app import create_api
from drivetrain.view.owner_token import read_or_make
from drivetrain.wire.asked import Wish
from drivetrain.wire.devops import services_of
from drivetrain.wire.launch import launcher
from drivetrain.wire.retention import retention_of
from drivetrain.wire.site import KnownProjects, site_of
from drivetrain.wire.verbs import ServerVerbs
from tests.unit.view.azure.identity.conftest import OWNER
from tests.unit.view.odd_requests import ask_oddly

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import FastAPI

    from tests.unit.view.azure.identity.conftest import Edged

EXAMPLES = 4
MANY = 30
PIPELINE = "trigger: none\nsteps:\n- bash: echo hello\n"


def made(edged: Edged, folder: Path) -> tuple[FastAPI, int]:
    """The API of a home with a project that has a repository, and the number of a run of it."""
    repository = folder / "gamma"
    repository.mkdir()
    (repository / "azure-pipelines.yml").write_text(PIPELINE)
    git(["init", "--quiet", "--initial-branch=main"], cwd=repository)
    git(["add", "--all"], cwd=repository)
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    git([*who, "commit", "--quiet", "--message=First"], cwd=repository)
    storage = edged.storage
    project = storage.projects.add(Project(0, "gamma", str(repository), "main"), {})
    launch = launcher(storage)
    run = launch.launch_project(project, Wish("Ada"))
    verbs = ServerVerbs(storage.runs, launch, storage.projects, lambda: None)
    read_or_make(storage.home.token)
    retention = retention_of(storage, load(storage.home))
    site = site_of(storage, verbs=verbs, projects=KnownProjects(storage.projects), retention=retention)
    return create_api(services_of(storage, site, verbs, edged.edge)), run.id


def test_no_request_is_too_odd(edged: Edged, tmp_path: Path) -> None:
    api, run = made(edged, tmp_path)
    known = {"project": "gamma", "build": run, "run": run, "pipeline": 3, "repository": "gamma", "definition": 3}
    failed, answers = ask_oddly(api, {"authorization": f"Bearer {OWNER}"}, EXAMPLES, known)
    assert failed == []
    assert answers[200] > MANY
    assert sum(answers.values()) > MANY * EXAMPLES
