"""One HTTP request in a process of its own: a Question as JSON on standard input, `[status, text]` on standard output.

Status 0 and the reason when there is no answer.
"""

from __future__ import annotations

import sys

import httpx
import msgspec

from drivetrain.run.checks.invoke_rest import Question

SECONDS = 20.0
"""How long a service may take."""
MOST_BYTES = 1 << 20
WITHOUT_BODY = frozenset({"GET", "HEAD", "TRACE"})


def send(asked: Question) -> tuple[int, str]:
    """The status and the text of an answer. Redirects are not followed."""
    content = asked.body.encode() if asked.body and asked.method not in WITHOUT_BODY else None
    try:
        with (
            httpx.Client(timeout=SECONDS, follow_redirects=False) as client,
            client.stream(asked.method, asked.url, headers=dict(asked.headers), content=content) as response,
        ):
            body = b""
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    return 0, f"the answer is longer than {MOST_BYTES} bytes"
            return response.status_code, body.decode("utf-8", "replace")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        return 0, f"{type(error).__name__}: {error}"


def main() -> None:
    """Answer."""
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    sys.stdout.buffer.write(msgspec.json.encode(send(asked)))


if __name__ == "__main__":
    main()
