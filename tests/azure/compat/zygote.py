"""Runs scripts one after another in processes of their own, without paying for the client's imports each time.

It is run by the interpreter that holds one client, of any version, so it is plain Python 3.6. Standard input has a line
of JSON for each script: `{"script": PATH, "arguments": [...], "environment": {...}, "folder": PATH}`; standard output
gets one for each: `{"status": N, "output": TEXT}`. Arguments are modules to import first.
"""

import importlib
import json
import os
import runpy
import sys
import tempfile
import traceback


def child(task, output):
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(task["folder"])
    os.environ.update(task["environment"])
    sys.argv = [task["script"]] + task["arguments"]
    sys.path[0] = os.path.dirname(task["script"])
    status = 0
    try:
        runpy.run_path(task["script"], run_name="__main__")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main(modules):
    for module in modules:
        importlib.import_module(module)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        task = json.loads(line)
        with tempfile.TemporaryFile() as output:
            pid = os.fork()
            if pid == 0:
                child(task, output.fileno())
            status = os.waitpid(pid, 0)[1]
            output.seek(0)
            said = output.read().decode("utf-8", "replace")
        answers.write(json.dumps({"status": status, "output": said}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
