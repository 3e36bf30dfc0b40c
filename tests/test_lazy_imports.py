"""Start-up stays quick: which imports wait inside functions, and what the quick commands may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "drivetrain"

LAZY = {
    "alembic": "only MLflow's own process needs it",
    "anyio": "only MLflow's own process needs it",
    "cryptography": "only a run with secret outputs seals anything",
    "difflib": "only after a typing error",
    "http": "brings ssl and email; only a question to the server needs it",
    "httpx": "only once MLflow is wanted, or a step calls a REST API",
    "hashlib": "brings OpenSSL; only a mirror is named by a hash",
    "getpass": "only a run by hand asks who it is",
    "jwt": "only a server signs tokens",
    "json": "only for one output format, and for convertToJson",
    "logging": "only for complaints of the engine",
    "mlflow": "three seconds; only its own process needs it",
    "optuna": "the extra `sweep`; only a Bayesian sweep needs it",
    "platformdirs": "not needed where the home is named",
    "psutil": "only when a runner has died",
    "scipy": "a third of a second; only a sweep with `rule: sobol`",
    "shutil": "brings compressions; only for an SSH key or a mirror of Subversion",
    "sqlalchemy": "only MLflow's own process needs it",
    "ssl": "brings OpenSSL; only a federated token is asked for over TLS",
    "subprocess": "only once git is asked",
    "tempfile": "brings random; only for artifacts, and for what is made once in the life of a home",
    "tomllib": "most homes have no config.toml",
    "traceback": "only for a bug",
    "uvicorn": "only a process that serves",
    "uvloop": "not to be had everywhere; a front serves on asyncio's own loop, too",
    "xml": "only for a repository of Subversion",
    "watchfiles": "only `run --watch`",
}
"""Modules that are imported inside functions, and why."""

HEAVY = {"mlflow", "pandas", "fastapi", "starlette", "sqlalchemy", "uvicorn", "httpx", "cryptography", "jinja2", "ssl"}


def lazily_imported() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        if {"examples", "in_job", "in_replica"} & set(path.parts):
            continue
        functions = (
            node
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        )
        for function in functions:
            for node in ast.walk(function):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                for name in names:
                    found.setdefault(name.split(".")[0], []).append(path.name)
    return found


def test_only_the_listed_modules_wait_inside_functions() -> None:
    assert set(lazily_imported()) == set(LAZY)


@pytest.mark.parametrize("command", ["lint", "expand", "plan", "run", "runs", "show", "logs", "cancel"])
def test_the_quick_commands_load_nothing_heavy(command: str, unmeasured: dict[str, str]) -> None:
    code = f"import sys, drivetrain.view.cli.{command}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], env=unmeasured, capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())
