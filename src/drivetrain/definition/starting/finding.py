"""Looks through a repository for what its first pipeline file needs. Pure: it is given the paths, and a way to read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition.starting.model import Facts, Install
from drivetrain.definition.starting.python_version import READERS
from drivetrain.definition.starting.training_script import find_training

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_.][A-Za-z0-9_.-]*)*|\.python-version")
"""Only such paths are written into the file: nothing in them means anything to a shell, to YAML or to a macro."""
_TEST = re.compile(r"(?:^|/)(?:test_[^/]+|[^/]+_test)\.py$")
_INSTALLERS: tuple[tuple[re.Pattern[str], Install], ...] = (
    (re.compile(r"(?:.*/)?install[_-]?(?:requirements|dependencies|deps|packages)\.sh"), Install.SCRIPT),
    (re.compile(r"uv\.lock"), Install.UV),
    (re.compile(r"poetry\.lock"), Install.POETRY),
    (re.compile(r"(?:.*/)?requirements\.txt"), Install.REQUIREMENTS),
    (re.compile(r"pyproject\.toml|setup\.py"), Install.PACKAGE),
    (re.compile(r"(?:.*/)?(?:environment|conda)\.ya?ml"), Install.CONDA),
)
"""The first kind that is there counts, and of it the file nearest to the root."""


def look(paths: Sequence[str], read: Callable[[str], str]) -> Facts:
    """What a repository's files say. `paths` are from its root, with slashes; `read` gives the text of one."""
    plain = sorted((path for path in paths if _PLAIN.fullmatch(path)), key=lambda path: (path.count("/"), path))
    python, python_from = _python(plain, read)
    install, install_from = _install(plain, read)
    training = find_training(plain, read)
    return Facts(
        python=python,
        python_from=python_from,
        install=install,
        install_from=install_from,
        script=training.path if training else "",
        azure=training.azure if training else False,
        tests=any(_TEST.search(path) for path in plain),
    )


def _python(paths: Sequence[str], read: Callable[[str], str]) -> tuple[str, str]:
    there = set(paths)
    said = ((reader(read(name)), name) for name, reader in READERS.items() if name in there)
    return next(((version, name) for version, name in said if version), (Facts().python, ""))


def _install(paths: Sequence[str], read: Callable[[str], str]) -> tuple[Install, str]:
    for pattern, kind in _INSTALLERS:
        found = next((path for path in paths if pattern.fullmatch(path)), "")
        if found and (kind is not Install.PACKAGE or _is_package(found, read(found))):
            return kind, found
    return Install.NOTHING, ""


def _is_package(path: str, text: str) -> bool:
    """A pyproject.toml may hold nothing but the settings of tools."""
    return path == "setup.py" or "[project]" in text or "[build-system]" in text
