"""Settings that reach jobs: runners and what they start read them from the environment they inherit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivetrain.settings import Settings


CACHE_LIMIT = "DRIVETRAIN_CACHE_MEGABYTES"


def pass_on(settings: Settings) -> None:
    """Let every job that is started from now on know `pip`, `allow_python_install` and `cache_megabytes`."""
    os.environ[CACHE_LIMIT] = str(settings.cache_megabytes)
    os.environ["DRIVETRAIN_PIP"] = settings.pip
    os.environ["DRIVETRAIN_ALLOW_PYTHON_INSTALL"] = str(settings.allow_python_install).lower()
