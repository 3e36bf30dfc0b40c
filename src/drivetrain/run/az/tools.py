"""`python -m drivetrain.run.az.tools HOME EXTENSION`: prints an interpreter that has the client that stands in for an
extension of the Azure CLI. Its environment is made once for a home.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError
from drivetrain.run.environments.uv_program import run_uv
from drivetrain.run.environments.whole_files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = {
    "ml": ("azure-ai-ml==1.35.2", "azure-identity==1.27.0", "jmespath==1.1.0", "setuptools<81"),
    "azure-devops": ("azure-devops==7.1.0b4", "jmespath==1.1.0", "pyyaml==6.0.3", "setuptools<81"),
}
"""What each needs, in versions that were tested."""
_READY = "ready"
_NETWORK = "PyPI must be reachable once; or install the extension: DRIVETRAIN_AZ=real az extension add --name "


def interpreter(home: Path, extension: str) -> Path:
    """The interpreter, its environment made if it is not there; several who want it at once wait for one.

    Raises:
        UnavailableError: it cannot be made.
    """
    place = home / "cache" / "tools" / f"az-{extension}"
    python, ready = place / "bin" / "python", place / _READY
    wanted = " ".join(PACKAGES[extension])
    if _is(ready, wanted):
        return python
    with _only_one(place):
        if not _is(ready, wanted):
            _make(home, place, extension)
            write_whole(ready, wanted)
    return python


def _is(ready: Path, wanted: str) -> bool:
    try:
        return ready.read_text("utf-8") == wanted
    except OSError:
        return False


@contextlib.contextmanager
def _only_one(place: Path) -> Iterator[None]:
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_name(f".{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(home: Path, place: Path, extension: str) -> None:
    names = [name for name in PACKAGES[extension] if not name.startswith("setuptools")]
    sys.stderr.write(f"drivetrain: installing {', '.join(names)} for 'az', once for this home ...\n")
    purpose = f"installing the client for the extension '{extension}' of the Azure CLI"
    shutil.rmtree(place, ignore_errors=True)
    hint = _NETWORK + extension
    run_uv(["venv", "--quiet", "--no-project", "--python", sys.executable, place], home, purpose=purpose, hint=hint)
    install: list[str | Path] = [
        "pip",
        "install",
        "--quiet",
        "--compile-bytecode",
        "--python",
        place / "bin" / "python",
    ]
    run_uv([*install, *PACKAGES[extension]], home, purpose=purpose, hint=hint)


def main(words: list[str]) -> int:
    """Print it; the exit code, with the reason on standard error."""
    try:
        sys.stdout.write(f"{interpreter(Path(words[0]), words[1])}\n")
    except DrivetrainError as error:
        hint = f"\n  hint: {error.hint}" if error.hint else ""
        sys.stderr.write(f"ERROR: {error.message}{hint}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
