"""Carries out command lines of `az` in one process, as the stand-in carries out each; prints what each said as JSON.

`az_lines.py FOLDER FILE`: the folder that holds `in_job`, and a JSON list of words with the
name under which what they print is kept for later ones.
"""

import contextlib
import io
import json
import re
import sys
from pathlib import Path

folder, file = sys.argv[1:3]
sys.path.insert(0, folder)
from in_job import ml_verbs  # noqa: E402 - of the folder that is named
from in_job.command import main  # noqa: E402

make, made = ml_verbs._client, {}


def one_client(given):
    """The client of a place, made once: that takes most of a command's time."""
    place = (given.resource_group, given.workspace_name, given.registry_name)
    if place not in made:
        made[place] = make(given)
    return made[place]


ml_verbs._client = one_client


kept = {}


def carry_out(words, keep):
    words = [re.sub(r"<(\w+)>", lambda found: kept.get(found[1], found[0]), word) for word in words]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    if keep:
        kept[keep] = out.getvalue().strip()
    return [code, out.getvalue(), err.getvalue()]


print(json.dumps({"told": [carry_out(*line) for line in json.loads(Path(file).read_text())]}))
