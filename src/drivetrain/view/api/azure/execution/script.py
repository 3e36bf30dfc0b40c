"""Runs the script of an older client's run, and waits, when it ends, for what it logged: azureml-core sends metrics in
the background, and a script that does not say `run.complete()` would lose the last of them. Azure does the same.

Sent to the client beside launcher.py, and put beside the project of a run on a compute: for Python 3.5 and later, and
nothing of Drivetrain.
"""

import os
import runpy
import sys

SECONDS = 300


def finish():
    module = sys.modules.get("azureml._run_impl.run_base")
    finish = getattr(getattr(module, "_RunBase", None), "_kill", None)
    if finish is not None:
        finish(timeout=SECONDS)


def main():
    sys.argv = sys.argv[1:]
    script = os.path.abspath(sys.argv[0])
    sys.path[0] = os.path.dirname(script)
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        finish()


if __name__ == "__main__":
    main()
