"""One connection per thread: what every store holds, so that any thread may call it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable


class Connections:
    """Gives each thread its own connection to a database, opened when first asked for, closed when the thread ends."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._local = threading.local()

    def get(self) -> sqlite3.Connection:
        """This thread's connection. Raises UnavailableError, CorruptError when it cannot be opened."""
        held: _Held | None = getattr(self._local, "held", None)
        if held is None:
            held = _Held(self._connect())
            self._local.held = held
        return held.connection

    def close(self) -> None:
        """Close this thread's connection; the next `get` opens a new one."""
        self._local.__dict__.pop("held", None)


class _Held:
    """Closes the connection with its thread, or with the last store that knows it; Python itself would only warn.

    That may happen in another thread: therefore the connection was opened with `check_same_thread=False`.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __del__(self) -> None:
        self.connection.close()
