"""The library's pages and API: everything can be done there, and no answer ever holds a secret."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from drivetrain.run.library.model import ItemKind
from drivetrain.view.web.app import create_app
from tests.browser.shelves import SECRET, filled
from tests.browser.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx
    from starlette.types import ASGIApp

HOSTILE = "<img src=x>"
KINDS = {
    "variable-groups": ItemKind.VARIABLE_GROUP,
    "secure-files": ItemKind.SECURE_FILE,
    "connections": ItemKind.SERVICE_CONNECTION,
    "vaults": ItemKind.KEY_VAULT,
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.library = filled(tmp_path, HOSTILE, "long" * 50, ["turbofan"])
    return made


@pytest.fixture
def site(world: World, client_of: Callable[[ASGIApp], httpx.Client]) -> httpx.Client:
    return client_of(create_app(world.site()))


def path_of(world: World, part: str, name: str) -> str:
    (item,) = [item for item in world.library.items(KINDS[part]) if item.name == name]
    return f"/library/{part}/{item.id}"


def test_no_page_and_no_answer_holds_a_secret(site: httpx.Client, world: World) -> None:
    paths = ["/library", "/api/v1/library"]
    for part, kind in KINDS.items():
        for item in world.library.items(kind):
            paths += [f"/library/{part}/{item.id}"]
            paths += [f"/api/v1/library/{part}/{item.id}?project={item.project}"]
    answers = [site.get(path) for path in paths]
    assert {answer.status_code for answer in answers} == {200}
    assert len(answers) > 14
    for answer in answers:
        assert SECRET not in answer.text
        assert "sealed:" not in answer.text
        assert "ticket" not in answer.text
        assert HOSTILE not in answer.text or answer.headers["content-type"] == "application/json"


def test_a_group_is_made_filled_and_removed_by_forms(site: httpx.Client, world: World) -> None:
    made = site.post("/library/variable-groups", data={"name": "new", "project": "turbofan", "description": "x"})
    assert made.status_code == 303
    page = made.headers["location"].partition("?")[0]
    site.post(f"{page}/set", data={"value_name": "colour", "value": "two\r\nlines"})
    site.post(f"{page}/set", data={"value_name": "password", "value": SECRET, "secret": "on"})
    item = world.library.item(ItemKind.VARIABLE_GROUP, "new", "turbofan")
    assert [(each.name, each.value) for each in item.values] == [("colour", "two\nlines"), ("password", None)]
    site.post(f"{page}/unset", data={"value_name": "COLOUR"})
    site.post(f"{page}/describe", data={"description": "y"})
    item = world.library.item(ItemKind.VARIABLE_GROUP, "new", "turbofan")
    assert (len(item.values), item.description) == (1, "y")
    assert site.post(f"{page}/remove").headers["location"] == "/library"
    assert site.get(page).status_code == 404


def test_permits_are_given_and_taken_by_buttons(site: httpx.Client, world: World) -> None:
    page = path_of(world, "variable-groups", "from-the-vault")
    site.post(f"{page}/permit", data={"pipeline": "turbofan"})
    assert "turbofan" in site.get(page).text
    site.post(f"{page}/revoke", data={"pipeline": "turbofan"})
    site.post(f"{page}/open", data={"open": "true"})
    assert world.library.item(ItemKind.VARIABLE_GROUP, "from-the-vault").open
    site.post(f"{page}/open", data={})
    assert not world.library.item(ItemKind.VARIABLE_GROUP, "from-the-vault").open


def test_a_secure_file_is_uploaded_and_replaced(site: httpx.Client, world: World) -> None:
    content = bytes(range(256)) + b"\r\n--boundary\r\n"
    made = site.post("/library/secure-files", data={"name": "", "project": ""}, files={"file": ("a\\b/c.bin", content)})
    assert made.status_code == 303, made.text
    item = world.library.item(ItemKind.SECURE_FILE, "c.bin")
    assert item.data["size"] == str(len(content))
    page = path_of(world, "secure-files", "c.bin")
    site.post(f"{page}/content", files={"file": ("other", b"x")})
    assert world.library.item(ItemKind.SECURE_FILE, "c.bin").data["size"] == "1"
    assert site.post(f"{page}/content", data={"x": "y"}).status_code == 400


def test_a_connection_is_made_by_the_form_of_its_type(site: httpx.Client, world: World) -> None:
    form = site.get("/library/connections/new?type=azurerm&scheme=ServicePrincipal").text
    assert 'name="parameter:serviceprincipalkey"' in form
    fields = {"name": "az", "type": "azurerm", "scheme": "ServicePrincipal", "url": "https://management.azure.com/"}
    refused = site.post("/library/connections", data=fields | {"parameter:tenantid": "t"})
    assert refused.status_code == 400
    assert "needs the parameter serviceprincipalid" in refused.text
    site.post("/library/connections", data=fields | {"name": "here"})
    assert world.library.item(ItemKind.SERVICE_CONNECTION, "here").data["data.environment"] == "Drivetrain"
    fields |= {"parameter:serviceprincipalid": "a", "parameter:tenantid": "t", "data:subscriptionId": "s"}
    site.post("/library/connections", data=fields | {"parameter:serviceprincipalkey": SECRET})
    item = world.library.item(ItemKind.SERVICE_CONNECTION, "az")
    assert item.data["data.subscriptionId"] == "s"
    assert {each.name for each in item.values if each.secret} == {"serviceprincipalkey"}


def test_a_vault_is_there_with_its_first_secret(site: httpx.Client, world: World) -> None:
    site.post("/library/vaults", data={"name": "kv", "value_name": "a", "value": SECRET, "project": ""})
    assert [each.name for each in world.library.item(ItemKind.KEY_VAULT, "kv").values] == ["a"]


@pytest.mark.parametrize(
    "path", ["/library/none/new", "/library/variable-groups/none", "/library/secure-files/none/remove", "/library/x"]
)
def test_what_is_not_there_is_said_so(site: httpx.Client, path: str) -> None:
    answer = site.get(path) if "remove" not in path else site.post(path)
    assert answer.status_code in {404, 405}


@pytest.mark.parametrize("body", [b"\xff", b"a=%ff", b"--x", b"&" * 1000])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/x"])
def test_what_is_no_form_changes_nothing(site: httpx.Client, world: World, body: bytes, kind: str) -> None:
    before = len(world.library.items())
    answer = site.post("/library/variable-groups", content=body, headers={"content-type": kind})
    assert 400 <= answer.status_code < 500
    assert len(world.library.items()) == before


def test_another_sites_page_changes_nothing(site: httpx.Client, world: World) -> None:
    page = path_of(world, "variable-groups", "production")
    for path in (f"{page}/remove", "/library/variable-groups"):
        refused = site.post(path, data={"name": "x"}, headers={"origin": "https://evil.example"})
        assert refused.status_code == 403
    api = f"/api/v1{page}"
    assert site.delete(api, headers={"origin": "https://evil.example"}).status_code == 403
    assert site.get(page).status_code == 200


def test_everything_can_be_done_by_the_api(site: httpx.Client) -> None:
    new = {"name": "api", "plain": {"a": "1"}, "secret": {"b": SECRET}, "description": "d"}
    made = site.post("/api/v1/library/variable-groups?project=turbofan", json=new)
    assert made.status_code == 201
    item = made.json()
    assert [(each["name"], each["secret"], each["value"]) for each in item["values"]] == [
        ("a", False, "1"),
        ("b", True, None),
    ]
    assert SECRET not in made.text
    path = f"/api/v1/library/variable-groups/{item['id']}"
    query = {"project": "turbofan"}
    assert site.get(path, params=query).json() == item
    assert site.get("/api/v1/library/variable-groups/API", params=query).json() == item
    changed = site.patch(path, params=query, json={"remove": ["a"], "open": True}).json()
    assert (len(changed["values"]), changed["open"], changed["description"]) == (1, True, "d")
    permitted = site.post(f"{path}/permits", params=query, json={"pipeline": "turbofan"})
    assert permitted.status_code == 201
    assert [each["pipeline"] for each in permitted.json()["permits"]] == ["turbofan"]
    assert site.delete(f"{path}/permits", params=query | {"pipeline": "turbofan"}).json()["permits"] == []
    assert site.delete(path, params=query).status_code == 204
    assert site.get(path, params=query).status_code == 404
    file = {"name": "f", "content": base64.b64encode(b"abc").decode()}
    assert site.post("/api/v1/library/secure-files", json=file).json()["data"] == {"size": "3"}
    assert {item["kind"] for item in site.get("/api/v1/library?project=").json()["items"]} == {str(k) for k in ItemKind}


@pytest.mark.parametrize(
    ("part", "body", "why"),
    [
        ("variable-groups", {"name": "x", "content": "YQ=="}, "only a secure file has content"),
        ("secure-files", {"name": "x", "content": "!"}, "not base64"),
        ("secure-files", {"name": "x"}, "needs its content"),
        ("vaults", {"name": "x", "plain": {"a": "b"}}, "a vault has secrets only"),
        ("variable-groups", {"name": "x", "data": {"vault": "kv"}, "plain": {"a": "b"}}, "no values of its own"),
        ("connections", {"name": "x", "data": {"type": "generic"}}, "needs a URL"),
        ("variable-groups", {"name": "x", "plain": {"a": "\0"}}, "NUL"),
    ],
)
def test_what_is_wrong_is_said_in_words(site: httpx.Client, part: str, body: dict[str, object], why: str) -> None:
    answer = site.post(f"/api/v1/library/{part}", json=body)
    assert answer.status_code == 400
    assert why in answer.json()["error"]["message"]
