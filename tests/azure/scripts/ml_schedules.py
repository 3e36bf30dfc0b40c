"""Schedules by azure-ai-ml: made, fired by time and by hand, switched off, deleted. The last line is JSON."""

import json
import sys
import time

from azure.ai.ml import MLClient, command, dsl
from azure.ai.ml.constants import TimeZone
from azure.ai.ml.entities import CronTrigger, Environment, JobSchedule, RecurrencePattern, RecurrenceTrigger
from azure.core.exceptions import HttpResponseError
from azure.identity import ManagedIdentityCredential

ENDED = ("Completed", "Failed", "Canceled")
client = MLClient(ManagedIdentityCredential(), sys.argv[1], "group", sys.argv[2])
say = command(
    name="say",
    command="echo ${{inputs.lr}} ${{inputs.when}}",
    environment=Environment(name="bare", image="python:3.11-slim"),
    inputs={"lr": 0.5, "when": "now"},
)


@dsl.pipeline()
def saying(lr: float = 0.5, when: str = "now"):
    say(lr=lr, when=when)


def job(**inputs):
    made = saying(**inputs)
    made.settings.default_compute = "serverless"
    made.experiment_name = "scheduled"
    return made


def put(name: str, trigger, made):
    return client.schedules.begin_create_or_update(JobSchedule(name=name, trigger=trigger, create_job=made)).result()


found = {}
often = put("often", RecurrenceTrigger(frequency="hour", interval=1), job())  # without a start it starts at once
found["made"] = [often.provisioning_state, often.is_enabled]
while not (jobs := [each for each in client.jobs.list() if each.name.startswith("often-")]):
    time.sleep(0.2)
client.schedules.begin_disable("often").result()
while (last := client.jobs.get(jobs[-1].name)).status not in ENDED:
    time.sleep(0.2)
found["fired"] = {"name": last.name, "status": last.status}
found["jobs"] = [each.name for each in client.jobs.list() if each.name.startswith("often-")]
found["disabled"] = {
    "enabled": [each.name for each in client.schedules.list()],
    "all": [each.name for each in client.schedules.list(list_view_type="All")],
    "is_enabled": client.schedules.get("often").is_enabled,
}
put(
    "yearly",
    RecurrenceTrigger(
        frequency="month", interval=12, time_zone=TimeZone.W_EUROPE_STANDARD_TIME,
        schedule=RecurrencePattern(hours=3, minutes=0, month_days=[1]), start_time="2030-01-01T00:00:00",
    ),
    job(lr=0.9, when="${{creation_context.trigger_time}}"),
)  # fmt: skip
at = "2026-01-02T03:04:05+00:00"
found["by hand"] = client.schedules.trigger("yearly", schedule_time=at).job_name
made = client.jobs.get(found["by hand"])
found["inputs"] = {name: str(made.inputs[name]._data) for name in ("lr", "when")}
try:
    client.schedules.trigger("yearly", schedule_time=at)
except HttpResponseError as refused:
    found["twice"] = str(refused)
client.schedules.begin_delete("often").result()
found["left"] = [each.name for each in client.schedules.list(list_view_type="All")]
try:
    put("wrong", CronTrigger(expression="* * * * *", time_zone="Mars Standard Time"), job())
except HttpResponseError as refused:
    found["wrong"] = str(refused)
print(json.dumps(found))
