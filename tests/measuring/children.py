"""Coverage of the processes that tests start: see `child.py` for how they note it."""

from __future__ import annotations

import marshal
import os
import shutil
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import coverage
import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from coverage.types import TArc

CHILD = Path(__file__).with_name("child.py")
FOLDER = "COVERAGE_CHILDREN"
LINE = (
    f"import os, sys; os.environ.get({FOLDER!r}) and 'drivetrain' in ' '.join(sys.orig_argv[1:]) and "
    f"exec(compile(open({str(CHILD)!r}).read(), {str(CHILD)!r}, 'exec'), {{'__name__': 'child'}})\n"
)


class Children:
    """In the process that reports: has the children note what they run, and takes it over at the end."""

    def __init__(self) -> None:
        hook = Path(sysconfig.get_path("purelib"), "measured_children.pth")
        if not hook.exists() or hook.read_text("utf-8") != LINE:
            hook.write_text(LINE, "utf-8")
        self.folder = Path(tempfile.mkdtemp(prefix="children-"))
        os.environ[FOLDER] = str(self.folder)

    @pytest.hookimpl(wrapper=True, trylast=True)  # within that of pytest-cov, which ends with the report
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        result = yield
        measured = coverage.Coverage.current()
        assert measured is not None
        measured.get_data().add_arcs(read(self.folder))
        shutil.rmtree(self.folder, ignore_errors=True)
        return result


def read(folder: Path) -> dict[str, list[TArc]]:
    """The arcs of all children by file."""
    packed: dict[str, set[int]] = {}
    for file in folder.glob("*[0-9]"):  # those that were written to their end
        for path, arcs in marshal.loads(file.read_bytes()).items():
            packed.setdefault(os.path.realpath(path), set()).update(arcs)
    return {path: list(unpack(arcs)) for path, arcs in packed.items()}


def unpack(arcs: Iterable[int]) -> Iterable[TArc]:
    """From and to, 28 bits each; 57 and 58 are their signs, negative for the way in and out of a function."""
    for arc in arcs:
        start, end = arc & 0xFFFFFFF, arc >> 28 & 0xFFFFFFF
        yield (-start if arc >> 56 & 1 else start, -end if arc >> 57 & 1 else end)
