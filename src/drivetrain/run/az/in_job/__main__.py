"""`python in_job GROUP VERB... OPTIONS`: carry out one command, as the Azure CLI would."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__" and not __package__:
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - quick
    __package__ = os.path.basename(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH119, PTH120
    __import__(__package__)

from .command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
