"""Large pipelines: a thousand steps, two hundred legs, ten thousand lines a second; nothing missing, nothing slow."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from drivetrain.home import Home

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Workplace


def test_a_thousand_steps_all_run_in_order(workplace: Workplace) -> None:
    steps = "".join(f"- bash: echo step number {number}\n" for number in range(1000))
    workplace.write(f"steps:\n- checkout: none\n{steps}")
    out = workplace.call("run").stdout
    assert [line.split()[-1] for line in out.splitlines() if line.startswith("    step number")] == [
        str(number) for number in range(1000)
    ]
    timeline = workplace.json("show")["timeline"]
    assert Counter(step["result"] for step in timeline["steps"]) == {"Succeeded": 1000}


def test_two_hundred_legs_all_run_once(workplace: Workplace, tmp_path: Path) -> None:
    legs = "".join(f"    leg{number}: {{what: number {number}}}\n" for number in range(200))
    workplace.write(
        f"strategy:\n  matrix:\n{legs}steps:\n- checkout: none\n- bash: echo I am $(what) >> {tmp_path}/all\n"
    )
    workplace.call("run", "--quiet", "--jobs", "8")
    timeline = workplace.json("show")["timeline"]
    assert Counter(job["result"] for job in timeline["jobs"]) == {"Succeeded": 200}
    assert sorted((tmp_path / "all").read_text().splitlines()) == sorted(f"I am number {n}" for n in range(200))


def test_many_lines_a_second_keep_their_times(workplace: Workplace, tmp_path: Path) -> None:
    script = 'for part in $(seq 40); do seq -f "line $part.%g" 500; sleep 0.05; done'
    workplace.write(f"steps:\n- checkout: none\n- bash: |\n    {script}\n")
    out = workplace.call("run").stdout
    lines = [line.strip() for line in out.splitlines() if line.startswith("    line ")]
    assert lines == [f"line {part}.{number}" for part in range(1, 41) for number in range(1, 501)]
    (times,) = Home(tmp_path / "home").run(1).glob("*/logs/001.times")
    assert 20 * 16 <= times.stat().st_size <= 1000 * 16, "a record some every 50 ms"
