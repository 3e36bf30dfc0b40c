"""Serves MLflow's front on an inherited socket: `python -m drivetrain.wire.tracking_process HOME FD`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from drivetrain.home import Home
from drivetrain.view.api.mlflow.standalone import serve
from drivetrain.wire.storage import Storage


def main(home: Home, descriptor: int) -> None:
    """Serve until standard input ends."""
    os.set_inheritable(descriptor, False)
    serve(descriptor, home.mlflow, Storage(home).training_runs)


if __name__ == "__main__":
    main(Home(Path(sys.argv[1])), int(sys.argv[2]))
