"""Our own API has it, and not its secret."""

import json
import os
import sys
import urllib.request

made = json.loads(sys.argv[1])


def ask(path):
    request = urllib.request.Request(os.environ["DRIVETRAIN_URL"] + "/api/v1" + path)
    request.add_header("Authorization", "Bearer " + os.environ["DRIVETRAIN_TOKEN"])
    return json.load(urllib.request.urlopen(request))


groups = {each["name"]: each for each in ask("/library")["items"]}
assert {each["name"]: each["value"] for each in groups[made["name"]]["values"]} == {"a": "1", "b": None}
