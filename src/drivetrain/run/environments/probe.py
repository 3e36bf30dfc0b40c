"""Asks an interpreter what it is, and remembers the answer for as long as the program stays the same file."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from drivetrain.run.environments.whole_files import write_whole

_ASK = """
import platform, struct, sys
v = sys.version_info
pre = {"alpha": "a", "beta": "b", "candidate": "rc"}.get(v[3])
try:
    import sysconfig
    threads = sysconfig.get_config_var("Py_GIL_DISABLED")
except ImportError:
    threads = None
print("%d.%d.%d%s" % (v[0], v[1], v[2], pre + str(v[4]) if pre else ""))
print(platform.python_implementation().lower() + ("-freethreaded" if threads else ""))
print(platform.machine())
print(8 * struct.calcsize("P"))
print(int(hasattr(sys, "real_prefix") or getattr(sys, "base_prefix", sys.prefix) != sys.prefix))
"""
_SECONDS = 10
_LINES = 5
_FORMAT = 1
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


class Probe(Struct, frozen=True):
    """What an interpreter answered; `broken` is the reason when it could not."""

    version: str = ""
    implementation: str = ""
    architecture: str = ""
    virtual: bool = False
    broken: str = ""


def architecture_name(machine: str, bits: int) -> str:
    """Azure's name (`x64`, `x86`, `arm64`) for what `uname -m` and the width of a pointer say."""
    if bits == 32:  # noqa: PLR2004 - the width of a pointer
        return "x86"
    return _MACHINES.get(machine.lower(), machine.lower())


class ProbeCache:
    """The remembered answers, by real path, time and size of the program."""

    def __init__(self, file: Path, entries: dict[str, dict[str, object]]) -> None:
        self._file = file
        self._entries = entries
        self._changed = False

    @classmethod
    def load(cls, home: Path) -> ProbeCache:
        """What `save` left under `home`; a missing, damaged or differently made file counts as empty."""
        file = home / "cache" / "interpreters.json"
        try:
            content = json.loads(file.read_text("utf-8"))
            usable = content["format"] == _FORMAT and isinstance(content["programs"], dict)
            return cls(file, content["programs"] if usable else {})
        except (OSError, ValueError, KeyError, TypeError):
            return cls(file, {})

    def of(self, path: Path) -> Probe | None:
        """What is known of the program at `path`, running it once if nothing is; None if there is no such file."""
        real = os.path.realpath(path)
        try:
            status = Path(real).stat()
        except OSError:
            return Probe(broken="the link leads nowhere") if path.is_symlink() else None
        identity = [status.st_mtime_ns, status.st_size]
        known = self._entries.get(real)
        if isinstance(known, dict) and known.get("identity") == identity:
            with contextlib.suppress(TypeError):
                return Probe(**known["probe"])  # type: ignore[arg-type] # a wrong shape is the TypeError
        probe = ask(Path(real))
        self._entries[real] = {"identity": identity, "probe": asdict(probe)}
        self._changed = True
        return probe

    def save(self) -> None:
        """Write what was learnt; a home that cannot be written only costs the time to ask again."""
        if self._changed:
            with contextlib.suppress(OSError):
                write_whole(self._file, json.dumps({"format": _FORMAT, "programs": self._entries}, indent=1))


def ask(program: Path) -> Probe:
    """Run `program` and read what it says of itself."""
    try:
        done = subprocess.run(
            [program, "-E", "-S", "-c", _ASK], capture_output=True, text=True, timeout=_SECONDS, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        return Probe(broken=f"it cannot be started: {error}")
    except subprocess.TimeoutExpired:
        return Probe(broken=f"it did not answer within {_SECONDS} seconds")
    lines = done.stdout.split()
    if done.returncode or len(lines) != _LINES:
        told = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        return Probe(broken=f"it ended with exit code {done.returncode} and said: {told}")
    version, implementation, machine, bits, virtual = lines
    return Probe(version, implementation, architecture_name(machine, int(bits)), virtual == "1")
