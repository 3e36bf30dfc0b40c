"""Warnings of the model: the first go to the log, then no more. Some libraries warn of one thing at each request."""

from __future__ import annotations

import warnings
from typing import Any

MOST = 50


def limit_warnings() -> None:
    """From now on."""
    show, count = warnings.showwarning, 0

    def shown(*words: Any, **named: Any) -> None:
        nonlocal count
        count += 1
        if count <= MOST:
            show(*words, **named)
        if count == MOST:
            print(f"There were {MOST} warnings; no more are shown", flush=True)

    warnings.showwarning = shown
