"""What a first pipeline file is made of."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Install(StrEnum):
    """How the packages that a repository needs are installed."""

    SCRIPT = "script"
    """By a shell script of its own, run in its own folder."""
    REQUIREMENTS = "requirements"
    UV = "uv"
    POETRY = "poetry"
    PACKAGE = "package"
    """The repository is itself a package: `pip install .`."""
    CONDA = "conda"
    NOTHING = ""


class Facts(Struct, frozen=True):
    """What was found in a repository. Paths are from its root, with slashes."""

    python: str = "3.x"
    """`versionSpec` of UsePythonVersion."""
    python_from: str = ""
    """The file that says so; empty when none does."""
    install: Install = Install.NOTHING
    install_from: str = ""
    """The file that says what to install."""
    script: str = ""
    """The program that trains; empty when none was found."""
    azure: bool = False
    """It signs in to Azure: it needs a service connection."""
    tests: bool = False
