"""The replica's program as it is now, copied: a deployment is served by the program that it was prepared with, also
after an upgrade.
"""

from __future__ import annotations

import functools
import hashlib
import tempfile
from pathlib import Path

from drivetrain.errors import UnavailableError

_SOURCE = Path(__file__).parents[1] / "in_replica"
_PACKAGE = "drivetrain_replica"


@functools.cache
def program(serving: Path) -> Path:
    """The folder that the user's Python runs. Raises UnavailableError when it cannot be written."""
    files = {path.relative_to(_SOURCE): path.read_bytes() for path in sorted(_SOURCE.rglob("*.py"))}
    digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:16]
    target = serving / "programs" / digest
    try:
        if not target.is_dir():
            _write(files, target)
    except OSError as error:
        raise UnavailableError(f"the program of replicas cannot be written to {target}: {error}") from error
    return target / _PACKAGE


def _write(files: dict[Path, bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".making-", ignore_cleanup_errors=True) as name:
        making = Path(name) / "it"
        for place, content in files.items():
            file = making / _PACKAGE / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        try:
            making.rename(target)
        except OSError:
            if not target.is_dir():
                raise
