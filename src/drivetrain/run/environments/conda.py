"""Where conda is: Azure's hosted machines say so in the variable `CONDA`, and many a pipeline begins with that.

https://learn.microsoft.com/azure/devops/pipelines/ecosystems/anaconda
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def conda_variable(environment: Mapping[str, str]) -> dict[str, str]:
    """`CONDA` with the folder of the machine's installation, where it is not set yet and conda is there; else nothing.

    It is the one that a shell was set up for, else the one on PATH.
    """
    if environment.get("CONDA"):
        return {}
    program = environment.get("CONDA_EXE") or shutil.which("conda", path=environment.get("PATH", os.defpath))
    if not program:
        return {}
    root = os.path.dirname(os.path.dirname(os.path.realpath(program)))  # noqa: PTH120 - every job asks
    return {"CONDA": root} if os.path.exists(os.path.join(root, "bin", "conda")) else {}  # noqa: PTH110, PTH118
