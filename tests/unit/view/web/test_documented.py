from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

DOCS = Path(__file__).parents[4] / "docs"


def test_the_documentation_names_every_route_of_the_api_and_no_other(client: httpx.Client) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    have = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    told = set(re.findall(r"^\| `((?:GET|POST|PATCH|DELETE) [^`]+)` \|", (DOCS / "api.md").read_text(), re.MULTILINE))
    assert told == have


def test_the_documentation_names_every_page(client: httpx.Client) -> None:
    text = (DOCS / "pages.md").read_text()
    for href in set(re.findall(r'<a href="(/[a-z]+)/?"', client.get("/runs").text)):
        assert f"`{href}" in text
