"""How quickly pipelines are read and expanded: in this process, warm, and by the command."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cli import DRIVETRAIN, pipeline
from bench.figure import Figure
from bench.timing import command, in_turn
from drivetrain.definition.read import read_pipeline
from drivetrain.lang.yaml import write
from drivetrain.run.tasks.catalog import CATALOG

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 15


def looped(jobs: int) -> str:
    """A file whose `each` makes so many jobs of ten steps."""
    names = ", ".join(f"job{number}" for number in range(jobs))
    steps = "".join(
        f"    - script: echo ${{{{ name }}}} {number}\n      displayName: Step {number} of ${{{{ name }}}}\n"
        for number in range(10)
    )
    return (
        f"parameters:\n- name: names\n  type: object\n  default: [{names}]\njobs:\n"
        f"- ${{{{ each name in parameters.names }}}}:\n  - job: ${{{{ name }}}}\n    steps:\n{steps}"
    )


def expanding(text: str) -> Callable[[], object]:
    """Reads, expands and checks a file, and writes what comes of it, as `drivetrain expand` does."""

    def expand() -> object:
        definition = read_pipeline(text, file="azure-pipelines.yml", tasks=CATALOG)
        assert definition.ok, definition.problems
        return write(definition.node)

    return expand


def measure() -> list[Figure]:
    small, thousand, two_thousand = in_turn(
        ROUNDS, expanding(pipeline(200)), expanding(looped(1000)), expanding(looped(2000))
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "azure-pipelines.yml")
        file.write_text(pipeline(200), encoding="utf-8")
        imports = command(sys.executable, "-c", "import yaml, typer")
        lint, peer = in_turn(ROUNDS, command(DRIVETRAIN, "lint", file), imports)
    promise = "the promise"
    return [
        Figure("expand 200 lines, warm, in process", small * 1000, "ms", promise, 20, limit=1),
        Figure("expand `each` to 1,000 jobs of 10 steps", thousand, "s", promise, 1, limit=1),
        Figure("the same for 2,000 jobs", two_thousand, "s", "1,000 jobs", thousand, limit=2.2),
        Figure(
            "`drivetrain lint`, one file", lint * 1000, "ms", 'python -c "import yaml, typer"', peer * 1000, limit=3
        ),
    ]
