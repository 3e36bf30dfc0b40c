"""The wheels that all jobs share: unpacked and compiled once, hard-linked into every environment.

uv keeps them in `DRIVETRAIN_HOME/cache/uv`; `in_job/bytecode.py` adds bytecode to them. A job that edits an installed
file with an editor or `sed -i` gets a file of its own, because those replace it; one that writes *into* an installed
file (`>>`) changes it for every job. docs/python-environments.md says so, and `forget_wheels` mends it.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError
from drivetrain.run.environments.in_job.bytecode import uncompiled
from drivetrain.run.environments.uv_program import uv_cache, uv_environment

if TYPE_CHECKING:
    from pathlib import Path


def compile_installed(python: Path, site: Path, home: Path, lib: Path) -> None:
    """Compile what is newly installed in `site`, once for all later environments of the same Python.

    Args:
        python: the environment's interpreter.
        site: its site-packages.
        home: DRIVETRAIN_HOME.
        lib: the folder with `drivetrain_pip` (see `shims`).
    """
    cache = uv_cache(home)
    if uncompiled(str(site), str(cache), cache_tag(site)):
        code = (
            f"import sys; sys.path.insert(0, {str(lib)!r})\n"
            "from drivetrain_pip.bytecode import compile_wheels, uncompiled\n"
            f"wheels = uncompiled({str(site)!r}, {str(cache)!r}, sys.implementation.cache_tag)\n"
            f"compile_wheels(wheels, {str(cache)!r}, quiet=True)"
        )
        subprocess.run(
            [python, "-I", "-W", "ignore", "-c", code],
            check=False,
            env=uv_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


def cache_tag(site: Path) -> str:
    """What CPython calls itself in names of bytecode files, from `lib/python3.11/site-packages`."""
    return site.parent.name.replace("python", "cpython-").replace(".", "")


def forget_wheels(home: Path) -> None:
    """Remove the shared wheels; environments that exist keep theirs, later ones fetch anew.

    Raises:
        UnavailableError: the folder cannot be removed.
    """
    try:
        if uv_cache(home).exists():
            shutil.rmtree(uv_cache(home))
    except OSError as error:
        raise UnavailableError(
            f"the shared wheels cannot be removed: {error}", hint=f"remove {uv_cache(home)} by hand"
        ) from error
