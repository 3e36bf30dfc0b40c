"""Coverage-guided fuzzing by atheris: `scripts/fuzz TARGET [SECONDS]`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden"
WORDS = """
steps: jobs: stages: template: t.yml parameters: variables: extends: - script: - job: - stage: ${{ }} if elseif else
each in insert eq( and( or( not( format( join( split( replace( convertToJson( length( coalesce( parameters. variables.
$[ ] $( ) 'a' true false null 1.2.3 -.5 .*. ['x'] default: type: object stepList boolean number values: condition:
dependsOn: deployment: strategy: runOnce: deploy: matrix: name: value: group: pool: resources: repositories: \x1e
"""


def main(target: str, seconds: str, work: str) -> None:
    import atheris  # noqa: PLC0415 - here only, see scripts/fuzz

    with atheris.instrument_imports(include=["drivetrain"]):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - what is imported here is instrumented

    folder = Path(work, target)
    seeds, words = folder / "corpus", folder / "words"
    seeds.mkdir(parents=True, exist_ok=True)
    words.write_text("".join(f"{_quoted(word)}\n" for word in WORDS.split()))
    for number, path in enumerate(sorted(GOLDEN.rglob("*.yml")) if target == "pipeline" else ()):
        (seeds / f"golden{number}").write_bytes(path.read_bytes())
    options: list[Any] = [
        f"-max_total_time={seconds}", f"-dict={words}", f"-artifact_prefix={folder}/found-", "-timeout=20",
        "-rss_limit_mb=2048", "-max_len=4096", "-print_final_stats=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(seeds), str(HERE / "inputs" / target)], TARGETS[target])
    atheris.Fuzz()


def _quoted(word: str) -> str:
    return '"' + "".join(letter if letter.isalnum() else f"\\x{ord(letter):02x}" for letter in word) + '"'


if __name__ == "__main__":
    main(*sys.argv[1:4])
