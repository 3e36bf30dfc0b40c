"""The suite: `CLIENT/VERB/act.py` is what a user would write, and `check_OTHER.py` beside it reads what came of it
through another client, given the JSON that the first one printed.

The first line of `act.py` is its title in docs/azure/compatibility.md. Where a version cannot do a verb, or only a part
of it, `known.json` beside it says so: `{"ml_old": ["not", "why"]}`; a verb that is said not to work has to fail.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent

VERSIONS: dict[str, tuple[str, ...]] = {
    "identity": ("ml", "ml_old"),
    "ml": ("ml", "ml_old"),
    "mlflow": ("ml", "ml_old"),
    "v1": ("v1", "v1_old"),
    "blob": ("blob", "blob_old"),
    "devops": ("devops", "devops_old"),
}
"""Which environments (tests/azure/clients.txt) hold the client of a folder: the newest version, an older one."""
MODULES: dict[str, tuple[str, ...]] = {
    "ml": ("azure.ai.ml", "azure.identity"),
    "ml_old": ("azure.ai.ml", "azure.identity"),
    "v1": ("azureml.core",),
    "v1_old": ("azureml.core",),
    "blob": ("azure.storage.blob",),
    "blob_old": ("azure.storage.blob",),
    "devops": ("azure.devops.connection",),
    "devops_old": ("azure.devops.connection",),
    "mlflow": ("mlflow",),
}
"""What an environment imports before its scripts."""
PACKAGES: dict[str, tuple[str, ...]] = {
    "identity": ("azure-identity",),
    "ml": ("azure-ai-ml",),
    "mlflow": ("azureml-mlflow", "mlflow-skinny"),
    "v1": ("azureml-core",),
    "blob": ("azure-storage-blob",),
    "devops": ("azure-devops",),
}
"""What the page calls a client, and whose version it shows."""


class Verb(NamedTuple):
    """Something that a client does."""

    client: str
    name: str

    @property
    def folder(self) -> Path:
        """Where its scripts are."""
        return HERE / self.client / self.name

    @property
    def act(self) -> Path:
        """What a user would write."""
        return self.folder / "act.py"

    @property
    def title(self) -> str:
        """What the page calls it."""
        docstring = ast.get_docstring(ast.parse(self.act.read_text("utf-8"))) or self.name
        return docstring.splitlines()[0].rstrip(".")

    @property
    def check(self) -> tuple[str, Path]:
        """Through which environment it is read back, and how."""
        (path,) = self.folder.glob("check_*.py")
        return path.stem.removeprefix("check_"), path

    def known(self, version: str) -> tuple[str, str]:
        """(`works`, `partly` or `not`, why) of a version, as it is said to be."""
        path = self.folder / "known.json"
        word, why = json.loads(path.read_text("utf-8")).get(version, ("works", "")) if path.exists() else ("works", "")
        return word, why


def verbs() -> list[Verb]:
    """All of them, by client and name."""
    return [Verb(path.parts[-3], path.parts[-2]) for path in sorted(HERE.glob("*/*/act.py"))]
