"""What fails while a request is looked at is told to its caller, who would wait for ever else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from drivetrain.serve.front.access import Access
from drivetrain.serve.front.call import Answer, Call
from drivetrain.serve.front.routes import Routes
from drivetrain.serve.model import AuthMode, Endpoint

if TYPE_CHECKING:
    import pytest


class Broken:
    """A Tokens port whose database is gone."""

    def allows(self, token: str, endpoint: Endpoint) -> float:
        del token, endpoint
        raise OSError("the disk is gone")


async def told(headers: dict[bytes, bytes]) -> tuple[Answer, bool]:
    routes = Routes(lambda: b"")
    endpoint = Endpoint("shop", auth=AuthMode.ENTRA)
    routes.apply(endpoint, {}, Access(endpoint, (), Broken()), None)
    answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    call = Call(b"POST", b"/score", b"", headers, 0.0)
    call.then = lambda _, answer: answered.set_result(answer)
    routes.handle(call)
    return await answered, await routes.look(headers)


def test_a_token_that_cannot_be_looked_at_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    answer, admitted = asyncio.run(told({b"authorization": b"Bearer x"}))
    assert (answer.status, admitted) == (500, False)
    assert "the disk is gone" in capsys.readouterr().err
