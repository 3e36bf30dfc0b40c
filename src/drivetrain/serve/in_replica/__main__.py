"""What runs in the user's environment.

python in_replica SOCKET DESCRIPTION       load the model that the file DESCRIPTION names, and answer at SOCKET
python in_replica --try QUESTION REPORT    try the model once, convert it, compare
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__" and not __package__:
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    __package__ = os.path.basename(os.path.dirname(os.path.abspath(__file__)))
    __import__(__package__)


from .main import main
from .trial.question import answer

if __name__ == "__main__":
    (answer if sys.argv[1] == "--try" else main)(*sys.argv[-2:])
