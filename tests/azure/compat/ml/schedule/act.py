"""schedules: create, get, disable."""

import json
import sys

from azure.ai.ml import MLClient, command, dsl
from azure.ai.ml.entities import CronTrigger, Environment, JobSchedule
from azure.identity import DefaultAzureCredential

NAME = sys.argv[1]
client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

step = command(name="step", command="true", environment=Environment(image="ubuntu:22.04"))


@dsl.pipeline(experiment_name="compat", default_compute="serverless")
def job():
    step()


schedule = JobSchedule(name=NAME, trigger=CronTrigger(expression="0 3 * * *"), create_job=job())
client.schedules.begin_create_or_update(schedule).result()
assert client.schedules.get(NAME).is_enabled
client.schedules.begin_disable(NAME).result()
assert not client.schedules.get(NAME).is_enabled
print(json.dumps({"name": NAME}))
