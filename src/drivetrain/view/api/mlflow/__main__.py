"""`python -m drivetrain.view.api.mlflow`: the front without the web server, see standalone.py."""

from __future__ import annotations

import sys

from drivetrain.view.api.mlflow.standalone import main

main(sys.argv[1:])
