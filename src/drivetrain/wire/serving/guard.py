"""`python -I -S guard.py WORD...`: run a program, and again when it has been killed, until it ends by itself.

The front of an endpoint has it for its parent: an endpoint answers again after a crash or a `kill -9`, also while no
server runs that would see to it. It waits for months, and has nothing but the standard library, to cost little.
"""

from __future__ import annotations

import os
import sys
import time

SETTLED_SECONDS = 60.0
"""Having lived so long, it had started well: whatever ended it, it is started again, and at once."""
FIRST_BACK_OFF = 0.5
LONGEST_BACK_OFF = 60.0


def guard(words: list[str]) -> int:
    """The exit code with which it has ended by itself."""
    failures = 0
    while True:
        began = time.monotonic()
        _, status = os.waitpid(os.posix_spawn(words[0], words, os.environ), 0)
        code = os.waitstatus_to_exitcode(status)
        settled = time.monotonic() - began > SETTLED_SECONDS
        if code == 0 or (code > 0 and not settled):
            return code
        failures = 1 if settled else failures + 1
        ended = f"exit code {code}" if code > 0 else f"signal {-code}"
        print(f"ended with {ended}: started again", flush=True)  # noqa: T201 - into the front's log
        if failures > 1:
            time.sleep(min(LONGEST_BACK_OFF, FIRST_BACK_OFF * 2.0 ** min(failures - 2, 16)))


if __name__ == "__main__":
    sys.exit(guard(sys.argv[1:]))
