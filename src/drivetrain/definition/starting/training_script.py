"""Which program of a repository trains: told by its name first, then by what it does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_READ = 300
"""So many programs are read; a larger repository has its training near the root."""
_NAMES = (
    (re.compile(r"train(ing)?\.py"), 100),
    (re.compile(r".*[_-]train(ing)?\.py|train(ing)?[_-].*\.py"), 80),
    (re.compile(r"(fit|run|main|model)\.py"), 20),
)
_SIGNS = (
    (re.compile(r"\.fit\(|\.fit_transform\(|xgboost\.train|lgb\.train|loss\.backward\("), 30),
    (re.compile(r"^\s*(?:import|from)\s+(?:mlflow|azureml)\b", re.MULTILINE), 20),
    (re.compile(r"^\s*(?:import|from)\s+(?:sklearn|torch|tensorflow|keras|xgboost|lightgbm)\b", re.MULTILINE), 10),
    (re.compile(r"__name__\s*==\s*['\"]__main__['\"]"), 10),
)
_LEAST = 30
"""A program with less than that does not train."""
_AZURE = re.compile(r"^\s*(?:import|from)\s+(?:azure\.(?:ai\.ml|identity)|azureml\.core)\b", re.MULTILINE)
_NO_TRAINING = re.compile(
    r"(?:^|/)(?:tests?|docs?|notebooks?|build|dist)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest|setup|noxfile|__init__)\.py$"
)
_IN_SUBMISSION = re.compile(r"\b(?:ScriptRunConfig|Estimator)\(|\bcommand\(")


class Training(NamedTuple):
    """The program that was found."""

    path: str
    azure: bool
    """It signs in to Azure."""


def find_training(paths: Sequence[str], read: Callable[[str], str]) -> Training | None:
    """The likeliest program, of two alike the one nearer to the root; None when nothing looks like one.

    What submits a training to Azure comes before the program that is submitted.
    """
    programs = sorted((path for path in paths if _is_program(path)), key=lambda path: (path.count("/"), path))
    ranked = [(_score(path, text), text, path) for path in programs[:MOST_READ] for text in [read(path)]]
    best = max(ranked, key=lambda each: (each[0], -each[2].count("/")), default=None)
    if best is None or best[0] < _LEAST:
        return None
    return Training(best[2], _AZURE.search(best[1]) is not None)


def _is_program(path: str) -> bool:
    return path.endswith(".py") and not _NO_TRAINING.search(path)


def _score(path: str, text: str) -> int:
    name = path.rpartition("/")[2].lower()
    by_name = next((points for pattern, points in _NAMES if pattern.fullmatch(name)), 0)
    by_text = sum(points for pattern, points in _SIGNS if pattern.search(text))
    submits = 150 if _AZURE.search(text) and _IN_SUBMISSION.search(text) else 0
    return by_name + by_text + submits
