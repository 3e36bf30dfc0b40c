"""Load by wrk, which costs little of the two cores. https://github.com/wg/wrk"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from bench.serving.peers import Target

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


class Load(NamedTuple):
    """What one measurement has come to."""

    rate: float
    """Requests a second."""
    p50_ms: float
    p99_ms: float


def measure_load(target: Target, clients: int, seconds: int) -> Load:
    """Ask for so long. Raises RuntimeError when an answer was not 2xx, or wrk is not here."""
    program = shutil.which("wrk")
    if program is None:
        raise RuntimeError("the load generator is not here: apt-get install wrk")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_script(target))
        script.flush()
        words = [program, "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", "-s", script.name, target.url]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return _read(said, target)


def _script(target: Target) -> str:
    headers = {"Content-Type": "application/json", **target.headers}
    lines = ['wrk.method = "POST"', f"wrk.body = [==[{target.body}]==]"]
    return "\n".join([*lines, *(f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items())]) + "\n"


def _read(said: str, target: Target) -> Load:
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    times = dict(re.findall(r"(50|99)%\s+([\d.]+(?:us|ms|s))\b", said))
    if "Non-2xx" in said or "Socket errors" in said or not rate or len(times) < len(("50", "99")) or not float(rate[1]):
        raise RuntimeError(f"{target.url} did not answer well:\n{said}")
    return Load(float(rate[1]), _milliseconds(times["50"]), _milliseconds(times["99"]))


def _milliseconds(text: str) -> float:
    number, unit = re.findall(r"[\d.]+|[a-z]+", text)
    return float(number) * _UNITS[unit]
