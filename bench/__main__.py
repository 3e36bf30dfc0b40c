"""Measures every promised figure and writes bench/RESULTS.md: `python -m bench [NAME ...]`.

A benchmark is a module of this folder with `measure() -> list[Figure]`. The exit code is 1 when a promise is not kept.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from bench.figure import Figure

BENCHMARKS = (
    "act",
    "cli",
    "language",
    "logs",
    "push",
    "checkout",
    "hooks",
    "tracking",
    "azure",
    "azure_metrics",
    "azure_jobs",
    "install",
    "serving",
)
RESULTS = Path(__file__).parent / "RESULTS.md"


def main(names: list[str]) -> int:
    # A peer that must compile itself at every start would look twice as slow as it is.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    figures: list[Figure] = []
    for name in names or BENCHMARKS:
        print(f"measuring {name} ...", flush=True)
        measured = importlib.import_module(f"bench.{name}").measure()
        for figure in measured:
            print("  " + row(figure), flush=True)
        figures += measured
    if not names:
        RESULTS.write_text(report(figures), encoding="utf-8")
    return 0 if all(figure.passed for figure in figures) else 1


def row(figure: Figure) -> str:
    bound = f"{'≥' if figure.at_least else '≤'} {figure.limit:g}x"
    kept = "yes" if figure.passed else "**no**"
    ours, theirs = (f"{number:.3g} {figure.unit}" for number in (figure.value, figure.baseline))
    return (
        f"| {figure.name} | {ours} | {figure.baseline_name}: {theirs} | {figure.ratio:.2f}x | {bound} | {kept} "
        f"| {figure.note} |"
    )


def report(figures: list[Figure]) -> str:
    head = [
        "# Results",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Medians; each ratio was measured side by side in one run.",
        "Made by `make bench`.",
        "",
        "| What | Ours | Baseline | Ratio | Promised | Kept | Note |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *map(row, figures), ""])


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    system = f"{platform.system()} {platform.machine()}"
    return f"{system}, {os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
