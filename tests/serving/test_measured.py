"""What is kept of the requests that an endpoint has answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from drivetrain.serve.model import Collection
from drivetrain.store.minutes import SqliteMinutes
from tests.serving.collector import collecting
from tests.serving.live import NAME, frames

if TYPE_CHECKING:
    from tests.serving.live import Live

FIRST = "2026"
TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_a_front_leaves_its_counts_and_what_was_to_be_written_down(live: Live) -> None:
    live.deploy("blue", frames("blue"), collection=Collection(1.0, ("card",)))
    live.deploy("green", frames("green"))
    live.traffic(blue=50, green=50)
    live.ready("blue")
    live.ready("green")
    for _ in range(4):
        assert live.ask(body={"input_data": {"columns": ["card", "age"], "data": [["4711", 41]]}}).status == 200
    live.close()
    minutes = SqliteMinutes(live.storage.database).of(NAME, FIRST)
    counted = {
        name: sum(each.tally.requests for each in minutes if each.deployment == name) for name in ("blue", "green")
    }
    assert counted == {"blue": 2, "green": 2}
    lines = (live.home.endpoint(NAME) / "requests.jsonl").read_text("utf-8").splitlines()
    written = [json.loads(line) for line in lines]
    assert [each["deployment"] for each in written] == ["blue", "blue"]
    assert written[0]["request"]["input_data"]["data"] == [["redacted", 41]]


def test_a_callers_trace_leads_to_the_model_that_answered(live: Live) -> None:
    with collecting() as (url, spans):
        live.home.config.write_text(f'endpoint_port = 0\notlp = "{url}"\notlp_percent = 0\n')
        live.deploy("blue", frames("blue"), model="churn:3")
        live.traffic(blue=100)
        live.ready()
        assert live.ask(traceparent=f"00-{TRACE}-b7ad6b7169203331-01").status == 200
        assert live.ask().status == 200
        live.close()
    (request,) = [span for span in spans if span.name == "POST /score"]
    said = {each.key: each.value.string_value for each in request.attributes}
    assert request.trace_id.hex() == TRACE
    assert (said["drivetrain.deployment"], said["drivetrain.model.version"]) == ("blue", "3")
