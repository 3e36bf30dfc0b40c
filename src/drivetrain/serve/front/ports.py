"""What a front asks of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.serve.model import Endpoint, Launch, Wanted


class Tokens(Protocol):
    """Knows the tokens of `aml_token` and `aad_token` endpoints. May be slow: it is asked on a thread, and its word is
    kept until the token expires.
    """

    def allows(self, token: str, endpoint: Endpoint) -> float:
        """Until when it may ask this endpoint: seconds since 1970; 0 when it may not."""
        ...


class Process(Protocol):
    """One replica as the system sees it: a `subprocess.Popen` is one."""

    @property
    def pid(self) -> int:
        """Of the process, which leads a group of its own."""
        ...

    def poll(self) -> int | None:
        """None while it lives; then its exit code, negative for a signal, as `subprocess` has it."""
        ...


class Start(Protocol):
    """Starts a replica in a session of its own."""

    def __call__(
        self, launch: Launch, variables: Mapping[str, str], words: Mapping[str, str], output: int
    ) -> Process:
        """`variables` are the deployment's; `words` stand for `{socket}` and `{port}` in the command; what it writes
        goes to the descriptor `output`. Raises OSError when it cannot be started.
        """
        ...


class Read(Protocol):
    """Reads what the front has to do. Called on a thread."""

    def __call__(self) -> Wanted:
        """All of it. Raises NotFoundError when the endpoint is no more."""
        ...
