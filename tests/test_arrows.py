"""The arrow of docs/architecture.md: who may import whom. A wrong import fails here, with the rule that it breaks."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[1] / "src" / "drivetrain"

STATIONS = ("source", "definition", "plan", "run", "record", "registry", "serve", "view")
ROOTS = {"errors", "clock", "ids", "home", "settings"}
WITH_LANG = {"definition", "plan", "run"}

# What a module of a station may import from a station to its left: its frozen values, never its verbs.
MODEL_MODULES = {"model", "events"}


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(SOURCE.rglob("*.py")):
        # Examples are users' files; what lies in in_job/ and in_replica/ runs in the user's interpreter, without us.
        if not {"examples", "in_job", "in_replica"} & set(path.parts):
            yield ".".join(path.relative_to(SOURCE).with_suffix("").parts), path


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            if node.module == "drivetrain":
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif node.module and node.module.startswith("drivetrain."):
                yield node.lineno, node.module.removeprefix("drivetrain.")
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("drivetrain."):
                    yield node.lineno, alias.name.removeprefix("drivetrain.")


def refusal(importer: str, imported: str) -> str | None:
    """Why `importer` may not import `imported`; None when it may."""
    here, there = importer.split(".", maxsplit=1)[0], imported.split(".", maxsplit=1)[0]
    if here == there or there in ROOTS or there == "__version__":
        return None
    rules = {
        "lang": "lang knows no CI: it imports only errors",
        "errors": "the roots import nothing",
        "clock": "the roots import nothing",
        "ids": "the roots import nothing",
        "home": "the roots import nothing",
    }
    if here in rules:
        return rules[here]
    if here in {"__main__", "wire"}:
        return None
    if there == "wire":
        return None if importer.startswith("view.cli") else "only the command line may import wire"
    return _station_refusal(here, there, imported)


def _station_refusal(here: str, there: str, imported: str) -> str | None:
    last = imported.rsplit(".", maxsplit=1)[-1]
    if there == "store":
        return "only wire imports store"
    if there == "lang":
        return None if here in {*WITH_LANG, "view"} else "only definition, plan, run and view may import lang"
    if here == "store":
        keeps = last in {*MODEL_MODULES, "ports"} or "rules" in imported.split(".")
        return None if keeps else "store imports models, ports and pure rules about them only"
    if here == "view":
        return None
    if here in STATIONS and there in STATIONS:
        if STATIONS.index(there) > STATIONS.index(here):
            return "the arrow goes left to right only"
        return None if last in MODEL_MODULES else "of stations to the left, only models may be imported"
    return f"{here} has no place in the arrow"


@pytest.mark.parametrize(("module", "path"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_imports_follow_the_arrow(module: str, path: Path) -> None:
    wrong = [
        f"{path}:{line}: {module} imports {imported}: {why}"
        for line, imported in imports(path)
        if (why := refusal(module, imported))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("source.model", "plan.model"),
        ("run.engine", "store.runs"),
        ("run.engine", "definition.read"),
        ("lang.yaml", "definition.model"),
        ("record.logs", "view.web"),
        ("view.web.app", "wire.server"),
        ("store.runs", "run.engine"),
    ],
)
def test_a_wrong_import_is_refused(importer: str, imported: str) -> None:
    assert refusal(importer, imported)


def test_no_module_imports_its_own_package_inside_a_function() -> None:
    wrong = []
    for module, path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                wrong += [f"{module}.{node.name}" for inner in ast.walk(node) if _imports_ourselves(inner)]
    assert not wrong, f"imports of our own modules inside functions: {wrong}"


def _imports_ourselves(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith("drivetrain")


def test_no_drawer_modules() -> None:
    drawers = {"utils", "util", "common", "helpers", "helper", "manager", "misc", "shared"}
    assert not [module for module, _ in modules() if set(module.split(".")) & drawers]
