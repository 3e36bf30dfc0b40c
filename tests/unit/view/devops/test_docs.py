"""The page of the Azure DevOps API is held against its routes."""

from __future__ import annotations

from pathlib import Path

from drivetrain.view.api.devops.app import ROUTERS

PAGE = Path(__file__).parents[4] / "docs" / "azure" / "devops-api.md"


def rows() -> list[str]:
    """The table of routes."""
    found = {}
    for router in ROUTERS:
        for route in router.routes:
            path: str = getattr(route, "path", "")
            methods: set[str] = getattr(route, "methods", set())
            words = " ".join((getattr(route, "description", "") or "").split())
            for method in methods:
                found[path, method] = f"| `{method} {path}` | {words} |"
    return ["| Request | What it does |", "|---|---|", *(found[key] for key in sorted(found))]


def test_every_route_is_in_the_docs() -> None:
    assert "\n".join(rows()) in PAGE.read_text("utf-8")
