from __future__ import annotations

import json
from typing import Any

import pytest

from drivetrain.view.api.mlflow.ports import Identity
from drivetrain.view.api.mlflow.tagging import forbidden_tag, with_run_tags

JOB = Identity(
    "job",
    {
        "drivetrain.build_number": "20260101.1",
        "drivetrain.run_url": "http://127.0.0.1:8000/runs/7",
        "drivetrain.commit": "c0ffee",
    },
    pipeline_run_id=7,
)


def tags(identity: Identity, asked: list[Any]) -> dict[str, str]:
    body = with_run_tags(json.dumps({"experiment_id": "0", "tags": asked}).encode(), identity)
    document = json.loads(body)
    assert document["experiment_id"] == "0"
    return {tag["key"]: tag["value"] for tag in document["tags"]}


def test_the_description_links_to_the_pipeline_run() -> None:
    assert tags(JOB, [])["mlflow.note.content"] == ("Made by [pipeline run 20260101.1](<http://127.0.0.1:8000/runs/7>)")


def test_a_description_of_the_client_stays() -> None:
    own = {"key": "mlflow.note.content", "value": "mine"}
    assert tags(JOB, [own])["mlflow.note.content"] == "mine"


def test_a_build_number_cannot_write_markdown() -> None:
    hostile = Identity("job", {**JOB.run_tags, "drivetrain.build_number": "](http://evil)<b>"})
    assert tags(hostile, [])["mlflow.note.content"].startswith(r"Made by [pipeline run \]\(http://evil\)\<b\>](<")


def test_an_address_that_is_none_is_no_link() -> None:
    odd = Identity("job", {**JOB.run_tags, "drivetrain.run_url": "javascript:alert(1)"})
    assert "mlflow.note.content" not in tags(odd, [])


def test_a_user_gets_no_tags_and_may_write_any() -> None:
    asked = {"key": "drivetrain.commit", "value": "by hand"}
    assert tags(Identity("user"), [asked]) == {"drivetrain.commit": "by hand"}
    assert forbidden_tag(json.dumps(asked).encode(), Identity("user")) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"tags": "x"}', b'"\\"x\\""', b"[" * 100_000])
def test_a_body_that_is_odd_is_left_as_it_is(body: bytes) -> None:
    assert with_run_tags(body, JOB) == body


def test_odd_tags_are_left_for_mlflow_to_refuse() -> None:
    body = with_run_tags(b'{"tags": [5, null, {"value": "v"}, {"key": ["x"]}]}', JOB)
    assert json.loads(body)["tags"][:4] == [5, None, {"value": "v"}, {"key": ["x"]}]


@pytest.mark.parametrize(
    ("document", "tag"),
    [
        ({"key": "drivetrain.commit", "value": "forged"}, "drivetrain.commit"),
        ({"key": "drivetrain.commit", "value": "c0ffee"}, None),
        ({"key": "drivetrain.commit"}, "drivetrain.commit"),
        ({"key": "note", "value": "drivetrain.commit"}, None),
        ({"tags": [{"key": "a", "value": "b"}, {"key": "drivetrain.x", "value": "y"}]}, "drivetrain.x"),
        ({"params": [{"key": "drivetrain.x", "value": "y"}]}, None),
        ({"tags": "drivetrain.x"}, None),
    ],
)
def test_a_job_leaves_the_tags_of_the_server_alone(document: Any, tag: str | None) -> None:
    plain = json.dumps(document)
    assert forbidden_tag(plain.encode(), JOB) == tag
    assert forbidden_tag(json.dumps(plain).encode(), JOB) == tag
    assert forbidden_tag(plain.replace("drivetrain", "\\u0064rivetrain").encode(), JOB) == tag
    for encoding in ("utf-8-sig", "utf-16", "utf-16-be", "utf-32"):  # MLflow's JSON reader finds out by itself
        assert forbidden_tag(plain.encode(encoding), JOB) == tag
