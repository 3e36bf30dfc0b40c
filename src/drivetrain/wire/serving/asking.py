"""The Ask port: a request through the endpoint's own front, as a caller sends it, to the deployment that is named.

https://learn.microsoft.com/azure/machine-learning/how-to-safely-rollout-online-endpoints#test-the-new-deployment
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from drivetrain.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.client import HTTPResponse

    from drivetrain.serve.model import Endpoint
    from drivetrain.serve.ports import Fronts

DEPLOYMENT_HEADER = "azureml-model-deployment"
SCORE = "/score"
MOST_BYTES = 100_000_000


class AskFront:
    """Asks by HTTP, with what the endpoint asks for: its primary key, or a token."""

    def __init__(self, fronts: Fronts, secret: Callable[[Endpoint], str]) -> None:
        self._fronts = fronts
        self._secret = secret

    def __call__(self, endpoint: Endpoint, deployment: str, body: bytes, *, seconds: float) -> tuple[int, bytes]:
        """The answer's status and its body. Raises UnavailableError when there is none."""
        status = self._fronts.status(endpoint.name)
        if status is None:
            raise UnavailableError(f"the front of '{endpoint.name}' does not run", hint="drivetrain up")
        return self.ask(status.url, self._secret(endpoint), deployment, body, seconds=seconds)

    def ask(self, url: str, secret: str, deployment: str, body: bytes, *, seconds: float) -> tuple[int, bytes]:
        """Post to an address that is known."""
        with answer_of(url, secret, deployment, body, seconds) as answer:
            return answer.status, answer.read(MOST_BYTES)


@contextmanager
def answer_of(url: str, secret: str, deployment: str, body: bytes, seconds: float) -> Iterator[HTTPResponse]:
    """What a front answers to a post to its `/score`, while it is read. Raises UnavailableError when there is none,
    or reading it takes longer than `seconds` at once.
    """
    import http.client  # noqa: PLC0415 - brings ssl and email

    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
    if deployment:
        headers[DEPLOYMENT_HEADER] = deployment
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=seconds)
    try:
        connection.request("POST", SCORE, body, headers)
        yield connection.getresponse()
    except TimeoutError as error:
        raise UnavailableError(f"there was no answer within {seconds:g} s") from error
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(f"there was no answer: {str(error) or type(error).__name__}") from error
    finally:
        connection.close()
