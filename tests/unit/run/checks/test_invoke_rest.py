from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.errors import UserError
from drivetrain.run.checks.calls import Calls
from drivetrain.run.checks.invoke_rest import Settings, agrees, question
from drivetrain.run.model import Result
from drivetrain.run.predefined import Place
from drivetrain.source.model import Commit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.plan.model import Plan
    from drivetrain.run.checks.model import Gate
    from drivetrain.run.model import Run
    from tests.unit.run.checks.checks_bench import ChecksBench


@dataclass
class Service:
    """A service that answers as it is told, and remembers what it was asked."""

    url: str = ""
    status: int = 200
    body: str = "{}"
    asked: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    go: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving() -> Iterator[Service]:
    service = Service()
    service.go.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            service.asked.append((self.command, self.path, dict(self.headers), body))
            service.go.wait(60)
            self.send_response(service.status)
            self.end_headers()
            self.wfile.write(service.body.encode())

        do_GET = do_POST  # noqa: N815 - the name that the base class calls

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}/ready"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield service
    finally:
        service.go.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as made:
        yield made


def answered(bench: ChecksBench, run: Run, plan: Plan, count: int = 1) -> Gate:
    """Look until so many answers have come, and once more."""
    deadline = time.monotonic() + 60
    while len(bench.checks.answers(run.id, "Deploy", 1)) < count:
        bench.look(run, plan)
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return bench.look(run, plan)


def test_an_answer_of_success_opens_the_gate(bench: ChecksBench, service: Service) -> None:
    bench.add("invokeRestApi", url=service.url)
    run, plan = bench.run()
    assert "asks 127.0.0.1" in bench.look(run, plan).reason
    assert answered(bench, run, plan).open
    assert [method for method, *_ in service.asked] == ["POST"]


def test_looking_never_waits_for_the_service_and_asks_once(bench: ChecksBench, service: Service) -> None:
    service.go.clear()
    bench.add("invokeRestApi", url=service.url)
    run, plan = bench.run()
    for _ in range(20):
        assert not bench.look(run, plan).open
    service.go.set()
    assert answered(bench, run, plan).open
    assert len(service.asked) == 1


def test_without_an_interval_the_first_answer_is_final(bench: ChecksBench, service: Service) -> None:
    service.status, service.body = 503, "not yet\x1b[31m"
    bench.add("invokeRestApi", url=service.url)
    run, plan = bench.run()
    gate = answered(bench, run, plan)
    assert gate.result is Result.FAILED
    assert gate.reason.endswith("127.0.0.1 answered 503: not yet [31m")


def test_with_an_interval_it_is_asked_again(bench: ChecksBench, service: Service) -> None:
    service.body = '{"state": "waiting"}'
    bench.add("invokeRestApi", url=service.url, interval=5, successCriteria="eq(root['state'], 'Ready')")
    run, plan = bench.run()
    gate = answered(bench, run, plan)
    assert (gate.open, gate.result, gate.look_again) == (False, None, "2026-01-02T03:09:05.000Z")
    service.body = '{"state": "ready"}'
    bench.later(minutes=5)
    assert answered(bench, run, plan, 2).open
    assert [each.passed for _, each in bench.checks.answers(run.id, "Deploy", 1)] == [False, True]


def test_without_success_the_stage_is_skipped_when_its_time_is_over(bench: ChecksBench, service: Service) -> None:
    service.status = 404
    bench.add("invokeRestApi", url=service.url, interval=10, timeout=15)
    run, plan = bench.run()
    assert answered(bench, run, plan).result is None
    bench.later(minutes=15)
    assert bench.look(run, plan).result is Result.SKIPPED


def test_who_is_killed_while_asking_asks_again(bench: ChecksBench, service: Service) -> None:
    service.go.clear()
    bench.add("invokeRestApi", url=service.url)
    run, plan = bench.run()
    bench.look(run, plan)
    bench.gates._calls.leave(run.id, "Deploy", 1)  # the kernel would
    bench.restart()
    service.go.set()
    assert answered(bench, run, plan).open


def test_a_service_that_is_not_there_is_a_no(bench: ChecksBench) -> None:
    bench.add("invokeRestApi", url="http://127.0.0.1:1/x")
    run, plan = bench.run()
    gate = answered(bench, run, plan)
    assert gate.result is Result.FAILED
    assert "ConnectError" in gate.reason


def test_headers_are_sealed_never_shown_and_sent(bench: ChecksBench, service: Service) -> None:
    made = bench.add("invokeRestApi", url=service.url, headers={"Authorization": "Bearer s3cret-t0ken"})
    assert made.settings["headers"] == {"Authorization": "***"}
    run, plan = bench.run()
    assert answered(bench, run, plan).open
    assert service.asked[0][2]["Authorization"] == "Bearer s3cret-t0ken"
    bench.database.connections.get().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"s3cret-t0ken" not in bench.database.path.read_bytes()
    assert "s3cret" not in repr(bench.desk.of_run(run.id))


def test_hostile_values_stay_in_their_place(bench: ChecksBench) -> None:
    run, plan = bench.run(ref="refs/heads/a&admin=1#x")
    message = 'say "hi"\r\nX-Evil: 1'
    run = replace(run, source=replace(run.source, commit=Commit("b" * 40, message, "Ada")))
    settings = Settings(
        url="https://example.com/x?branch=$(Build.SourceBranch)&y=$(NotKnown)",
        headers={"X-Message": "$(Build.SourceVersionMessage)"},
        body='{"message": "$(Build.SourceVersionMessage)"}',
    )
    asked = question(settings, Place(run, plan, stage=plan.stages[0]))
    assert asked.url == "https://example.com/x?branch=refs/heads/a%26admin%3D1%23x&y=$(NotKnown)"
    assert json.loads(asked.body) == {"message": message}
    assert "\n" not in asked.headers["X-Message"]


@pytest.mark.parametrize(
    ("criteria", "status", "text", "passes"),
    [
        ("", 204, "", True),
        ("", 302, "", False),
        ("eq(root['status'], 'successful')", 200, '{"status": "Successful"}', True),
        ("eq(root.count, 3)", 200, '{"count": 3}', True),
        ("gt(root.items[0].n, 0.5)", 200, '{"items": [{"n": 0.75}]}', True),
        ("eq(status, 201)", 201, "", True),
        ("eq(status, 201)", 200, "", False),
        ("eq(root['missing'], '')", 200, "{}", True),
        ("true", 500, "{}", False),
    ],
)
def test_criteria_are_expressions_over_the_answer(criteria: str, status: int, text: str, passes: bool) -> None:  # noqa: FBT001
    assert agrees(criteria, status, text) is passes


def test_an_answer_that_is_no_json_is_a_no_when_it_is_looked_into(bench: ChecksBench, service: Service) -> None:
    service.body = "<html>"
    bench.add("invokeRestApi", url=service.url, successCriteria="eq(root.a, 1)")
    run, plan = bench.run()
    assert "successCriteria cannot be evaluated" in answered(bench, run, plan).reason


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://a", "method": "BREW"}, "method"),
        ({"url": "https://a", "interval": -1}, "interval"),
        ({"url": "https://a", "interval": 0.5}, "interval"),
        ({"url": "https://a", "interval": 1, "timeout": 43200}, "interval"),
        ({"url": "https://a", "headers": {"a\r\nb": "c"}}, "headers"),
        ({"url": "https://a", "headers": {"a": "c\nd"}}, "headers"),
        ({"url": "https://a", "body": "x" * 30_001}, "body"),
        ({"url": "https://a", "successCriteria": "eq(root"}, "successCriteria"),
        ({"url": "https://a", "successCriteria": "eq(variables.a, 1)"}, "successCriteria"),
    ],
)
def test_a_wrong_setting_is_named(bench: ChecksBench, settings: dict[str, object], named: str) -> None:
    with pytest.raises(UserError, match=f"^{named}: "):
        bench.add("invokeRestApi", **settings)


def test_nobody_is_asked_for_a_stage_that_was_left(bench: ChecksBench, service: Service) -> None:
    service.go.clear()
    bench.add("invokeRestApi", url=service.url)
    run, plan = bench.run()
    bench.look(run, plan)
    bench.gates.leave(run, "Deploy", 1)
    calls = bench.gates._calls
    assert isinstance(calls, Calls)
    assert calls.under_way(run.id, "Deploy", 1) == frozenset()
