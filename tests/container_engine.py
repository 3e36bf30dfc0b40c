"""A container engine that can run something here, and an image made of this machine's own programs: nothing is pulled.

Sandboxes differ: where the engine's own settings do not work (crun and rlimits that may not be raised, cgroups that it
does not know), those of a containers.conf with runc are tried. scripts/containers installs what is missing.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest

IMAGE = "localhost/drivetrain-test:1"
_CONF = '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n[engine]\nruntime = "runc"\n'


def need_engine(monkeypatch: pytest.MonkeyPatch) -> str:
    """The engine's program, its environment set; skips where there is none. In CI as root, that is a failure."""
    found = _found()
    if isinstance(found, str):
        if os.environ.get("CI") and os.geteuid() == 0 and shutil.which("podman") is None and shutil.which("apt-get"):
            pytest.fail(f"scripts/containers should have installed an engine: {found}")
        pytest.skip(found)
    program, environment = found
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DRIVETRAIN_CONTAINER_ENGINE", program)
    return program


@functools.cache
def _found() -> tuple[str, dict[str, str]] | str:
    """The engine and what it needs in its environment; or why there is none."""
    busybox = shutil.which("busybox")
    if busybox is None:
        return "there is no busybox to make an image of (scripts/containers installs it)"
    refused = []
    for program in filter(None, map(shutil.which, ("docker", "podman"))):
        for environment in _environments(program):
            problem = _try(program, environment, busybox)
            if not problem:
                return program, environment
            refused.append(f"{Path(program).name}: {problem}")
    return f"no container engine can run anything here: {'; '.join(refused) or 'none is installed'}"


def _environments(program: str) -> list[dict[str, str]]:
    if not program.endswith("podman") or shutil.which("runc") is None:
        return [{}]
    conf = Path(tempfile.gettempdir()) / f"drivetrain-containers-{os.getuid()}.conf"
    conf.write_text(_CONF, "utf-8")
    return [{}, {"CONTAINERS_CONF": str(conf)}]


def _try(program: str, environment: dict[str, str], busybox: str) -> str:
    """Make the image, run it; what went wrong."""
    env = {**os.environ, **environment}
    if _call([program, "version", "--format", "{{.Server.Version}}"], env):
        return "it does not answer"
    if _call([program, "image", "inspect", IMAGE], env):
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder, "image.tar")
            _pack(archive, busybox)
            problem = _call([program, "import", str(archive), IMAGE], env)
        if problem:
            return problem
    return _call([program, "run", "--rm", "--network", "none", IMAGE, "bash", "-c", "true"], env)


def _call(command: list[str], env: dict[str, str]) -> str:
    """The last line of its complaint; empty when it went well."""
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)
    return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1] if done.returncode else ""


def _pack(archive: Path, busybox: str) -> None:
    """A root folder: busybox under all its names, bash with what it is linked to, and two users' files."""
    bash = str(shutil.which("bash"))
    libraries = subprocess.run(["ldd", bash], capture_output=True, text=True, check=False).stdout
    names = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    with tarfile.open(archive, "w") as tar:
        for folder in ("bin", "etc", "tmp", "proc", "sys", "dev", "root", "home", "run", "var", "usr"):
            tar.addfile(_entry(folder, tarfile.DIRTYPE))
        tar.add(os.path.realpath(busybox), "bin/busybox")
        tar.add(os.path.realpath(bash), "bin/bash")
        for library in dict.fromkeys(re.findall(r"(/\S+)", libraries)):
            tar.add(os.path.realpath(library), library.lstrip("/"))
        for name in names:
            if name not in {"busybox", "bash"}:
                link = _entry(f"bin/{name}", tarfile.SYMTYPE)
                link.linkname = "busybox"
                tar.addfile(link)
        for name, text in (("passwd", "root:x:0:0:root:/root:/bin/sh\n"), ("group", "root:x:0:\n")):
            _add_text(tar, f"etc/{name}", text)


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(text.encode())
        file.seek(0)
        entry = _entry(name, tarfile.REGTYPE)
        entry.size = len(text)
        entry.mode = 0o644
        tar.addfile(entry, file)


def _entry(name: str, kind: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type = kind
    entry.mode = 0o1777 if name == "tmp" else 0o755
    return entry
