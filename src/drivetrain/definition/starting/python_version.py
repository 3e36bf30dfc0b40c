"""Which Python a repository wants, as `versionSpec` of the task UsePythonVersion.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/use-python-version-v0
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MINOR = r"(\d+\.\d+)(?:\.\d+)?"
_LOWEST = re.compile(rf"(?:>=|~=|==|\^)\s*{_MINOR}")
_PINNED = re.compile(rf"^\s*(?:python-|cpython-)?{_MINOR}\s*$", re.MULTILINE)
_CONDA = re.compile(rf"^\s*-\s*python\s*(?:>=|==?|~=)\s*{_MINOR}", re.MULTILINE)
_CLASSIC = re.compile(rf"python_requires\s*=\s*['\"]?\s*>=\s*{_MINOR}")


def _pinned(text: str) -> str:
    found = _PINNED.search(text)
    return found[1] if found else ""


def _of_project(text: str) -> str:
    """The oldest version that `requires-python` takes: whatever it excludes, it takes that one."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return ""
    poetry = content.get("tool", {}).get("poetry", {}).get("dependencies", {})
    wanted = content.get("project", {}).get("requires-python") or poetry.get("python") or ""
    found = _LOWEST.search(str(wanted))
    return found[1] if found else ""


def _of_conda(text: str) -> str:
    found = _CONDA.search(text)
    return found[1] if found else ""


def _of_setup(text: str) -> str:
    found = _CLASSIC.search(text)
    return found[1] if found else ""


READERS: Mapping[str, Callable[[str], str]] = {
    ".python-version": _pinned,
    "runtime.txt": _pinned,
    "pyproject.toml": _of_project,
    "environment.yml": _of_conda,
    "environment.yaml": _of_conda,
    "conda.yml": _of_conda,
    "setup.cfg": _of_setup,
    "setup.py": _of_setup,
}
"""By the name of a file at the root; the first that says something counts."""
