"""`python in_replica SOCKET DESCRIPTION`: load the model that the file DESCRIPTION names, and answer at SOCKET."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__" and not __package__:
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    __package__ = os.path.basename(os.path.dirname(os.path.abspath(__file__)))
    __import__(__package__)

from .main import main

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
