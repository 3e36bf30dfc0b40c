"""What is posted to webhooks, and what models are promoted, starts the pipelines that name it.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-webhooks-webhook
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.run.predefined import Place, predefined
from drivetrain.source.model import Project, Reason
from drivetrain.source.webhooks.model import MODELS
from drivetrain.view.api.devops.takes import Taken
from drivetrain.wire.asked import Wish
from drivetrain.wire.incoming import Incoming
from drivetrain.wire.why import why
from tests.registry_home import RegistryHome, registry_home

if TYPE_CHECKING:
    from drivetrain.source.model import SourceEvent
    from tests.unit.wire.events.conftest import Ground

pytestmark = pytest.mark.filterwarnings("ignore")
"""MLflow's own, which are its makers' business."""
FILE = """\
trigger: none
pr: none
resources:
  webhooks:
  - webhook: hook
    connection: %s
    filters:
    - path: action
      value: CREATED
steps:
- checkout: none
- bash: echo ${{ parameters.hook.resource.title }}
"""
ON_MODELS = """\
trigger: none
pr: none
resources:
  webhooks:
  - webhook: models
    connection: drivetrain-models
    filters:
    - path: alias
      value: champion
steps:
- checkout: none
- bash: echo ${{ parameters.models.model }} ${{ parameters.models.version }}
"""
BODY = json.dumps({"action": "CREATED", "resource": {"title": "new; $(x) ${{ y }}"}}).encode()


def connect(ground: Ground, name: str = "incoming", secret: str = "", project: str = "") -> None:
    data = {"type": "incomingwebhook", "scheme": "None", "url": "https://dev.azure.com"}
    edit = Edit(data=data, plain={"webhookname": "WebHook"}, secret={"secret": secret} if secret else {}, open=True)
    ground.storage.library.add(ItemKind.SERVICE_CONNECTION, name, edit, project=project)


def incoming(ground: Ground) -> Incoming:
    return Incoming(ground.storage.library, ground.storage.webhook_posts)


def started(ground: Ground, project: Project) -> list[SourceEvent]:
    ground.triggers.look()
    ground.processor.process()
    return ground.events(Reason.RESOURCE_TRIGGER, project)


@pytest.fixture
def project(ground: Ground) -> Project:
    return ground.project(ground.repository("app", FILE % "incoming"), "app")


def test_a_post_starts_the_pipeline_once_with_its_payload(ground: Ground, project: Project) -> None:
    connect(ground)
    assert incoming(ground)("webhook", {}, BODY) is Taken.KEPT
    (event,) = started(ground, project)
    run = ground.run_of(event)
    assert (run.reason, run.source.ref, run.requested_for) == ("ResourceTrigger", "refs/heads/main", "webhook")
    plan = ground.storage.runs.plan(run.id)
    assert plan is not None
    (script,) = [step.inputs["script"] for step in plan.stages[0].jobs[0].steps if "script" in step.inputs]
    assert script == "echo new; $(x) ${{ y }}"
    found = predefined(Place(run, plan))
    assert (found["Resources.TriggeringAlias"], found["Resources.TriggeringCategory"]) == ("hook", "webhook")
    ground.start()
    assert len(started(ground, project)) == 1


def test_why_names_the_line(ground: Ground, project: Project) -> None:
    connect(ground)
    incoming(ground)("WebHook", {}, BODY)
    (event,) = started(ground, project)
    found = why(ground.storage, ground.run_of(event), event)
    assert found.what == "a post to the webhook WebHook, the webhook resource hook: CREATED"
    assert found.rule == ("the webhook resource hook wants it: action is 'CREATED' (azure-pipelines.yml:5:5)")


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ({}, Taken.REFUSED),
        ({"x-hub-signature": "sha1=" + hmac.new(b"k3y", BODY, hashlib.sha1).hexdigest()}, Taken.KEPT),
        ({"x-hub-signature": hmac.new(b"k3y", BODY, hashlib.sha1).hexdigest().upper()}, Taken.KEPT),
        ({"x-hub-signature": "sha256=" + hmac.new(b"k3y", BODY, hashlib.sha256).hexdigest()}, Taken.KEPT),
        ({"x-hub-signature": "sha1=" + hmac.new(b"other", BODY, hashlib.sha1).hexdigest()}, Taken.REFUSED),
        ({"x-hub-signature": "md5=" + hmac.new(b"k3y", BODY, hashlib.md5).hexdigest()}, Taken.REFUSED),
        ({"x-hub-signature": "sha1=\N{PILE OF POO}"}, Taken.REFUSED),
        ({"x-other": "sha1=" + hmac.new(b"k3y", BODY, hashlib.sha1).hexdigest()}, Taken.REFUSED),
    ],
)
def test_who_does_not_know_the_secret_starts_nothing(
    ground: Ground, project: Project, header: dict[str, str], taken: Taken
) -> None:
    connect(ground, secret="k3y")
    assert incoming(ground)("WebHook", header, BODY) is taken
    assert len(started(ground, project)) == (1 if taken is Taken.KEPT else 0)


@pytest.mark.parametrize(
    ("name", "body", "taken"),
    [
        ("other", BODY, Taken.UNKNOWN),
        (MODELS, BODY, Taken.UNKNOWN),
        ("WebHook", b"[1]", Taken.UNREADABLE),
        ("WebHook", b"no json", Taken.UNREADABLE),
    ],
)
def test_other_posts_are_refused(ground: Ground, name: str, body: bytes, taken: Taken) -> None:
    connect(ground)
    assert incoming(ground)(name, {}, body) is taken
    assert not ground.storage.webhook_posts.pending()


def test_a_post_that_the_filters_do_not_want_starts_nothing(ground: Ground, project: Project) -> None:
    connect(ground)
    incoming(ground)("WebHook", {}, b'{"action": "DELETED"}')
    assert started(ground, project) == []


def test_another_projects_connection_of_the_same_name_is_another(ground: Ground, project: Project) -> None:
    other = ground.project(ground.repository("other", FILE % "incoming"), "other")
    connect(ground, project="other")
    incoming(ground)("WebHook", {}, BODY)
    assert started(ground, project) == []
    assert len(ground.events(Reason.RESOURCE_TRIGGER, other)) == 1


@pytest.fixture
def registry(ground: Ground) -> RegistryHome:
    return replace(registry_home(ground.home.root), storage=ground.storage)


def test_a_promotion_starts_the_pipeline_that_waits_for_it(ground: Ground, registry: RegistryHome) -> None:
    project = ground.project(ground.repository("deploy", ON_MODELS), "deploy")
    registry.model("fraud")
    registry.model("fraud")
    models = ground.storage.models
    models.set_alias("fraud", "challenger", "1", by="owner")
    models.set_alias("fraud", "champion", "2", by="owner", reason="it is better")
    (event,) = started(ground, project)
    run = ground.run_of(event)
    plan = ground.storage.runs.plan(run.id)
    assert plan is not None
    (script,) = [step.inputs["script"] for step in plan.stages[0].jobs[0].steps if "script" in step.inputs]
    assert script == "echo fraud 2"
    found = why(ground.storage, run, event)
    assert found.what.endswith("the webhook resource models: model.promoted fraud:2 as champion")
    assert found.brought_by == "the registry of models"
    models.set_alias("fraud", "champion", "2", by="owner")
    assert len(started(ground, project)) == 1


def test_pipelines_that_promote_what_started_them_come_to_an_end(ground: Ground, registry: RegistryHome) -> None:
    project = ground.project(ground.repository("circle", ON_MODELS), "circle")
    registry.model("round")
    registry.model("round")
    ground.storage.models.set_alias("round", "champion", "1", by="owner")
    (event,) = started(ground, project)
    run = ground.run_of(event)
    ground.storage.models.set_alias("round", "champion", "2", by=run.number, run_id=run.id)
    assert len(started(ground, project)) == 1
    by_hand = ground.launcher.launch_project(project, Wish("Ada"))
    ground.storage.models.set_alias("round", "champion", "1", by=by_hand.number, run_id=by_hand.id)
    assert len(started(ground, project)) == 1
