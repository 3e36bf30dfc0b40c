"""docs/serving/endpoints.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from drivetrain.serve.front import agreeing, connection, pool, replica_log, routes, served
from drivetrain.serve.front.call import Answer
from drivetrain.serve.in_replica import frames

PAGE = (Path(__file__).parents[2] / "docs" / "serving" / "endpoints.md").read_text("utf-8")


def table(title: str) -> dict[str, str]:
    """First column to all others, of the table below a heading."""
    part = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ", 1) for line in part.splitlines() if line.startswith("|")][2:]
    return {row[0].strip("`"): row[1] if len(row) > 1 else "" for row in rows}


def test_limits() -> None:
    assert list(table("Limits").values()) == [
        f"{connection.BODY_BYTES >> 20} MB, as Azure has it",
        f"{connection.HEAD_BYTES >> 10} KB",
        f"{connection.HEAD_SECONDS:.0f} s",
        f"{connection.BODY_SECONDS:.0f} s",
        f"{connection.IDLE_SECONDS:.0f} s",
        f"{connection.MOST_CONNECTIONS}",
        f"{pool.LEAST_QUEUE}, or twice what all instances may have at once, when that is more",
        f"{frames.MAX_PAYLOAD // 1_000_000} MB",
        f"{replica_log.MOST_BYTES >> 20} MB, and the {replica_log.MOST_BYTES >> 20} MB before",
    ]
    assert f"At most {served.MOST_COPIES} copies" in PAGE
    assert f"a difference of {agreeing.TOLERANCE:.2%}".replace("%", " %") in PAGE


def test_routes() -> None:
    paths = {routes.SCORE, routes.INVOCATIONS, routes.LIVE, routes.OPENAPI, routes.METRICS}
    assert {route.split()[-1].encode() for route in table("Routes")} == paths


def test_status_codes() -> None:
    folder = Path(routes.__file__).parent
    code = "".join((folder / name).read_text("utf-8") for name in ("routes.py", "connection.py"))
    said = re.findall(r"(?:problem|_refuse)\(\s*(\d{3})", code)
    answers = [value.status for value in vars(pool).values() if isinstance(value, Answer)]
    told = {int(status) for status in said} | {200, 424, 408, 429}
    assert set(answers) <= told | {502}  # 502 and 503 of a replica are told as 424
    assert {int(status) for status in table("Status codes")} == told


def test_headers() -> None:
    code = Path(routes.__file__).read_text("utf-8")
    names = set(table("Headers"))
    assert names == {name for name in names if name.lower() in code}
