"""The program: listens, loads, answers. What it prints goes to the replica's log."""

from __future__ import annotations

import gc
import json
import time

from .flavours import load
from .scoring import Scoring
from .serving import listen, serve
from .warned import limit_warnings


def main(socket: str, description: str) -> None:
    """Runs until it is ended. Frames that come while the model is loaded wait, and so does the first PING."""
    begun = time.monotonic()
    listener = listen(socket)
    limit_warnings()
    with open(description, encoding="utf-8") as file:
        described = json.load(file)
    scoring = Scoring(described, load(described))
    print("{} model loaded in {:.2f} s".format(described["flavour"], time.monotonic() - begun), flush=True)
    gc.freeze()  # what is loaded stays: looking through it for garbage would keep callers waiting
    serve(listener, scoring)
