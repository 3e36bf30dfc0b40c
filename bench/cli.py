"""How quickly the command answers, against the import of typer."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.figure import Figure
from bench.timing import command, in_turn

DRIVETRAIN = Path(sys.executable).parent / "drivetrain"
ROUNDS = 15


def pipeline(lines: int) -> str:
    """A pipeline file of about so many lines, of the kind that people write."""
    head = "trigger: [main]\nvariables:\n  greeting: hello\njobs:\n"
    job = (
        "- job: job{0}\n  displayName: Job {0}\n"
        "  condition: and(succeeded(), ne(variables['Build.Reason'], 'Schedule'))\n"
        "  steps:\n  - bash: echo $(greeting) {0}\n    displayName: Say {0}\n    env:\n      NAME: value{0}\n"
        "  - script: echo ${{{{ upper('x{0}') }}}}\n    timeoutInMinutes: 5\n"
    )
    return head + "".join(job.format(number) for number in range((lines - 4) // 10))


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "azure-pipelines.yml")
        file.write_text(pipeline(200), encoding="utf-8")
        help_, lint, typer = in_turn(
            ROUNDS,
            command(DRIVETRAIN, "--help"),
            command(DRIVETRAIN, "lint", file),
            command(sys.executable, "-c", "import typer"),
        )
    name = 'python -c "import typer"'
    return [
        Figure("`drivetrain --help`", help_ * 1000, "ms", name, typer * 1000, limit=2),
        Figure("`drivetrain lint`, 200 lines", lint * 1000, "ms", name, typer * 1000, limit=4),
    ]
