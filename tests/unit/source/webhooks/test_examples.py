"""Every delivery that GitHub's community has collected, through signature, store and processing.

scripts/webhook_examples brings them; they are not ours, and not in this repository.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from msgspec.json import decode, encode

from drivetrain.source.hosts.model import HostKind
from drivetrain.source.webhooks.receiving import Answer
from tests.unit.source.webhooks.payload_cases.github import GITHUB
from tests.unit.source.webhooks.signing import signed
from tests.unit.source.webhooks.world import World

if TYPE_CHECKING:
    from tests.unit.source.webhooks.conftest import Site

ROOT = Path(__file__).parents[4]
SERVERS = {"api.github.com": 329, "ghes-31": 49, "ghes-32": 49, "ghes-33": 50, "ghes-34": 124, "ghes-35": 125}
"""How many examples there are of each."""
REPOSITORY = "Codertocat/Hello-World"
ACTING = {"push", "pull_request", "pull_request_review_comment", "release"}
"""Events of which at least one example is acted on. Those of `issue_comment` are all on issues."""


@pytest.fixture(scope="module")
def packages() -> Path:
    found = sorted((ROOT / ".tools").glob("webhook-examples-*/node_modules/@octokit"))
    if not found and os.environ.get("CI"):
        subprocess.run([ROOT / "scripts" / "webhook_examples"], check=True, capture_output=True)
        found = sorted((ROOT / ".tools").glob("webhook-examples-*/node_modules/@octokit"))
    if not found:
        pytest.skip("scripts/webhook_examples brings the examples; it needs npm")
    return found[-1]


def examples(packages: Path, server: str) -> list[tuple[str, dict[str, Any]]]:
    events = decode((packages / "webhooks-examples" / server / "index.json").read_bytes())
    return [(event["name"], example) for event in events for example in event["examples"]]


@pytest.mark.parametrize("server", SERVERS)
def test_every_example_is_acted_on_or_ignored_for_a_reason(site: Site, packages: Path, server: str) -> None:
    site.project("hello", HostKind.GITHUB, REPOSITORY)
    to = site.receiver.find("github", "key-hello")
    assert to is not None
    found = examples(packages, server)
    for number, (event, example) in enumerate(found):
        body = encode(example)
        headers = {"X-GitHub-Event": event, "X-GitHub-Delivery": f"d-{number}", **signed(HostKind.GITHUB, body)}
        lower = {name.lower(): value for name, value in headers.items()}
        assert site.receiver.take(to, lower, body) is Answer.KEPT
    World(site).process()
    told = site.storage.deliveries.recent(limit=1000)
    assert len(told) == len(found) == SERVERS[server]
    assert {each.state for each in told} == {"done"}
    acted = {each.event for each in told if each.outcome.startswith("hello: ")}
    assert acted <= ACTING
    assert "push" in acted
    comments = {each.outcome for each in told if each.event == "pull_request_review_comment"}
    assert "a comment for people only" in comments
    reasons = {each.outcome for each in told if each.event not in ACTING}
    assert all(reason.startswith("ignored: ") for reason in reasons)


def event_schema(schema: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"$ref": f"#/definitions/{name}", "definitions": schema["definitions"]}
    return found


READ = {
    "push$event": "ref before after sender.login pusher.name repository.full_name",
    "pull_request$synchronize": (
        "action repository.full_name pull_request.number pull_request.title pull_request.user.login "
        "pull_request.head.ref pull_request.head.sha pull_request.head.repo.full_name pull_request.head.repo.clone_url "
        "pull_request.base.ref pull_request.base.sha pull_request.base.repo.full_name pull_request.merge_commit_sha "
        "pull_request.draft pull_request.merged_at pull_request.state pull_request.html_url pull_request.updated_at"
    ),
    "issue_comment$created": (
        "action issue.number issue.pull_request comment.id comment.body comment.user.login comment.author_association"
    ),
    "pull_request_review_comment$created": "action pull_request.number comment.id comment.body comment.user.login",
    "release$published": "action release.tag_name release.name",
}


@pytest.mark.parametrize("name", READ)
def test_what_is_read_is_what_the_schema_has(packages: Path, name: str) -> None:
    schema = decode((packages / "webhooks-schemas" / "schema.json").read_bytes())
    start = schema["definitions"][name]
    missing = [path for path in READ[name].split() if not has(schema, start, path.split("."))]
    assert not missing


def has(schema: dict[str, Any], node: dict[str, Any], path: list[str]) -> bool:
    """Whether a property is there, by any of the alternatives."""
    if "$ref" in node:
        return has(schema, schema["definitions"][node["$ref"].rpartition("/")[2]], path)
    if not path:
        return True
    inner = [each for word in ("allOf", "anyOf", "oneOf") for each in node.get(word, ())]
    if path[0] in node.get("properties", {}):
        return has(schema, node["properties"][path[0]], path[1:]) or any(has(schema, each, path) for each in inner)
    return any(has(schema, each, path) for each in inner)


@pytest.mark.parametrize(
    ("event", "definition"),
    [("push", "push$event"), ("pull_request", "pull_request_event"), ("release", "release_event")],
)
def test_the_examples_are_what_the_schema_says(packages: Path, event: str, definition: str) -> None:
    """So a mistake in an example is not taken for GitHub's habit. The first of each is older than the schema."""
    schema = decode((packages / "webhooks-schemas" / "schema.json").read_bytes())
    validator = jsonschema_rs.Draft7Validator(event_schema(schema, definition))
    found = [example for name, example in examples(packages, "api.github.com") if name == event]
    assert found
    assert all(validator.is_valid(example) for example in found[1:])


def test_our_own_deliveries_name_no_event_that_github_has_not(packages: Path) -> None:
    schema = decode((packages / "webhooks-schemas" / "schema.json").read_bytes())
    known = {name.partition("$")[0].removesuffix("_event") for name in schema["definitions"]}
    assert {each.event for each in GITHUB} <= known
