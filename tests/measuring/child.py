"""Notes which branches a process takes, for less than a tenth of what starting all of coverage would cost it.

`children.py` has it run when a child of the tests starts: with coverage's own tracer, and without the rest of coverage.
What it noted is a file in the folder COVERAGE_CHILDREN: {path: arcs as the tracer packs them}.
"""

from __future__ import annotations

import atexit
import marshal
import os
import sys
import threading
import time
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from types import FrameType, ModuleType

    from coverage.tracer import CFileDisposition, CTracer

SOURCE = f"{os.sep}src{os.sep}drivetrain{os.sep}"


def load_tracer() -> ModuleType:
    """The extension module alone: importing its package imports every kind of report as well."""
    package = PathFinder.find_spec("coverage")
    spec = package and PathFinder.find_spec("coverage.tracer", package.submodule_search_locations)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Child:
    """One tracer a thread; all write into the same sets."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._module = load_tracer()
        self._arcs: dict[str, set[int]] = {}
        self._known: dict[str, CFileDisposition | None] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        """Note from now on, in this thread and in those to come, and write at the end."""
        threading.settrace(self._begin)
        self._tracer().start()
        atexit.register(self._write)
        self._write_before_exit()

    def _tracer(self) -> CTracer:
        tracer: CTracer = self._module.CTracer()
        tracer.data, tracer.trace_arcs = self._arcs, True  # type: ignore[assignment] # ints, as it packs them
        tracer.should_trace, tracer.should_trace_cache = self._look_at, self._known
        tracer.lock_data, tracer.unlock_data = self._lock.acquire, self._lock.release
        tracer.concur_id_func = tracer.should_start_context = tracer.switch_context = None
        tracer.check_include = tracer.disable_plugin = None
        tracer.file_tracers, tracer.warn = {}, print
        return tracer

    def _begin(self, frame: FrameType, event: str, arg: object) -> Any:
        sys.settrace(None)
        return self._tracer().start()(frame, event, arg)  # the tracer's own first event

    def _look_at(self, path: str, _frame: FrameType) -> CFileDisposition:
        file: CFileDisposition = self._module.CFileDisposition()
        file.original_filename = file.canonical_filename = file.source_filename = path
        file.trace, file.reason = SOURCE in path, ""
        file.file_tracer, file.has_dynamic_filename = None, False
        return file

    def _write(self) -> None:
        path = os.path.join(self._folder, f"{os.getpid()}-{time.time_ns()}")  # noqa: PTH118 - pathlib takes long to load
        with open(f"{path}.new", "wb") as file:  # noqa: PTH123
            marshal.dump({name: arcs.copy() for name, arcs in self._arcs.copy().items()}, file)
        os.rename(f"{path}.new", path)  # noqa: PTH104

    def _write_before_exit(self) -> None:
        leave = os._exit

        def write_and_leave(status: int) -> NoReturn:
            self._write()
            leave(status)

        os._exit = write_and_leave


if threading.gettrace() is None:  # Python may read the line in `.venv` twice
    Child(os.environ["COVERAGE_CHILDREN"]).start()
