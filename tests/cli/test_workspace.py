"""`drivetrain workspace`, as people and programs call it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Workplace


def test_a_workspace_is_added_shown_and_removed(workplace: Workplace) -> None:
    assert "no workspaces yet" in workplace.call("workspace", "list").stdout
    place = ("--subscription", "sub", "--resource-group", "group")
    workplace.call("workspace", "add", "shelf", *place, "--project", "blue")
    [found] = json.loads(workplace.call("workspace", "list", "--json").stdout)
    shown = json.loads(workplace.call("workspace", "show", "SHELF", "--json").stdout)
    assert shown == {**found, "holds": {}}
    assert {key: value for key, value in found.items() if key != "id"} == {
        "subscription_id": "sub",
        "resource_group": "group",
        "workspace_name": "shelf",
        "project": "blue",
    }
    assert "project blue" in workplace.call("workspace", "show", "shelf").stdout
    assert "already" in workplace.call("workspace", "add", "Shelf", *place, code=2).stderr
    workplace.call("workspace", "add", "shelf", "--subscription", "sub", "--resource-group", "other")
    assert "say which: --resource-group (group, other)" in workplace.call("workspace", "show", "shelf", code=2).stderr
    workplace.call("workspace", "remove", "shelf", "-g", "other")
    workplace.call("workspace", "remove", "shelf")
    assert "there is no workspace" in workplace.call("workspace", "remove", "shelf", code=2).stderr


def test_what_can_be_no_workspace_is_refused(workplace: Workplace) -> None:
    place = ("--subscription", "sub", "--resource-group", "group")
    assert "is no name" in workplace.call("workspace", "add", "../x", *place, code=2).stderr
