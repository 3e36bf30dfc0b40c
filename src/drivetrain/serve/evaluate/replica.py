"""One replica of a model for an evaluation: started as it is when it serves, asked over its socket, and ended."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import msgspec

from drivetrain.errors import UserError
from drivetrain.serve.in_replica.frames import HEADER, MAX_PAYLOAD, PING, SCORE, packed
from drivetrain.serve.model import Speaks
from drivetrain.serve.processes import end, start

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from drivetrain.serve.model import Launch

START_SECONDS = 300.0
ANSWER_SECONDS = 300.0
LOOK_SECONDS = 0.02
OK = 200
LOG_TAIL = 2000


class Replica:
    """A context: its process lives as long as it is open."""

    def __init__(self, launch: Launch, folder: Path) -> None:
        if launch.speaks is not Speaks.FRAMES:
            raise UserError(
                "this model is served by a program of its own, which an evaluation cannot ask",
                hint="compare metrics of training runs: --no-evaluate, or a gate without evaluate",
            )
        self._launch = launch
        self._path = folder / "s"
        self._log = folder / "replica.log"
        self._number = 0

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._replica = start(self._launch, {}, folder=self._path.parent, log=log, socket=str(self._path))
        try:
            self._socket = self._connected()
            self._ask(PING, b"")
        except BaseException:
            end(self._replica)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        end(self._replica)

    def predict(self, columns: list[str], rows: list[list[Any]]) -> list[Any]:
        """Its answers for some rows, one for each. Raises UserError when it does not give them."""
        payload = msgspec.json.encode({"input_data": {"columns": columns, "data": rows}})
        try:
            answer = msgspec.json.decode(self._ask(SCORE, payload))
        except msgspec.MsgspecError as error:
            raise UserError(f"the model's answer is not JSON: {error}") from error
        if not isinstance(answer, list) or len(answer) != len(rows):
            found = f"{len(answer)} answers" if isinstance(answer, list) else "something else than a list"
            raise UserError(f"the model was asked for {len(rows)} rows, and gave {found}")
        return answer

    def _connected(self) -> socket.socket:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            found = socket.socket(socket.AF_UNIX)
            found.settimeout(ANSWER_SECONDS)
            try:
                found.connect(str(self._path))
            except OSError:
                found.close()
            else:
                return found
            if self._replica.process.poll() is not None:
                raise self._ended()
            time.sleep(LOOK_SECONDS)
        raise UserError(f"the model was not loaded within {START_SECONDS:g} seconds", hint=self._said())

    def _ask(self, kind: int, payload: bytes) -> bytes:
        self._number += 1
        try:
            self._socket.sendall(packed(self._number, kind, payload))
            length, _, status = HEADER.unpack(self._exactly(HEADER.size))
            if length > MAX_PAYLOAD:
                raise UserError(f"the model's answer is longer than {MAX_PAYLOAD} bytes")
            answer = self._exactly(length)
        except TimeoutError as error:
            raise UserError(f"the model did not answer within {ANSWER_SECONDS:g} seconds") from error
        except OSError as error:
            raise self._ended() from error
        if status != OK:
            raise UserError(f"the model cannot predict this data: {answer[:1000].decode('utf-8', 'replace')}")
        return answer

    def _exactly(self, count: int) -> bytes:
        found = bytearray()
        while len(found) < count:
            part = self._socket.recv(min(count - len(found), 1 << 20))
            if not part:
                raise ConnectionResetError
            found += part
        return bytes(found)

    def _ended(self) -> UserError:
        code = self._replica.process.poll()
        how = "has closed its connection" if code is None else f"has ended with code {code}"
        return UserError(f"the model's process {how}", hint=self._said())

    def _said(self) -> str:
        """The end of its log."""
        with suppress(OSError):
            return self._log.read_bytes()[-LOG_TAIL:].decode("utf-8", "replace").strip()
        return ""
