"""Keeps what a front answers, by minute, for as long as it runs."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError
from drivetrain.serve.measures.minutes import LOOK_SECONDS, MinuteKeeper
from drivetrain.store.database import Database
from drivetrain.store.minutes import SqliteMinutes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from drivetrain.clock import Clock
    from drivetrain.home import Home
    from drivetrain.serve.front.front import Front

_log = logging.getLogger("drivetrain.serve")


@asynccontextmanager
async def counted(front: Front, home: Home, name: str, clock: Clock) -> AsyncIterator[None]:
    """Look every LOOK_SECONDS, and once more at the end."""
    keeper = MinuteKeeper(name, SqliteMinutes(Database(home.database)), clock)
    looking = asyncio.create_task(_look(front, keeper))
    try:
        yield
    finally:
        looking.cancel()
        with suppress(DrivetrainError):
            await asyncio.to_thread(keeper.look, front.tallies)


async def _look(front: Front, keeper: MinuteKeeper) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await asyncio.to_thread(keeper.look, front.tallies)
        except DrivetrainError as error:
            _log.warning("what was answered is kept at the next look: %s", error.message)
