from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from drivetrain.run.reports.coverage import reading
from drivetrain.run.reports.coverage.lines import LAST_LINE, Sources
from drivetrain.run.reports.coverage.reading import read_coverage
from drivetrain.run.reports.elements import BrokenReportError, WrongFormatError
from drivetrain.run.reports.model import Measure
from drivetrain.view.reports.words import missing

SAMPLES = Path(__file__).parent / "samples"
COBERTURA = (SAMPLES / "cobertura.xml").read_text("utf-8")

JACOCO = (SAMPLES / "jacoco.xml").read_text("utf-8")


def read(folder: Path, *texts: str, tool: str = "") -> Sources:
    sources = Sources()
    for number, text in enumerate(texts):
        path = folder / f"coverage{number}.xml"
        path.write_text(text.replace("{folder}", str(folder)))
        one = Sources()
        read_coverage(path, one, [str(folder)], tool)
        sources.merge(one)
    return sources


def test_cobertura_tells_lines_and_branches_by_file(tmp_path: Path) -> None:
    found = read(tmp_path, COBERTURA)
    assert (found.lines, found.branches) == (Measure(4, 6), Measure(1, 2))
    cart, till = found.files()
    assert (cart.module, cart.path, cart.lines, cart.branches) == ("shop", "shop/cart.py", Measure(2, 4), Measure(1, 2))
    assert (cart.known, cart.hit) == ("36", "6")
    assert missing(cart) == "4-5"
    assert (till.path, till.lines, missing(till)) == ("shop/till.py", Measure(2, 2), "")


def test_jacoco_tells_lines_and_branches_by_file(tmp_path: Path) -> None:
    found = read(tmp_path, JACOCO)
    (cart,) = found.files()
    assert (cart.module, cart.path) == ("org.shop", "org/shop/Cart.java")
    assert (cart.lines, cart.branches) == (Measure(2, 3), Measure(1, 2))
    assert (found.lines, found.branches) == (Measure(2, 3), Measure(1, 2))
    assert missing(cart) == "4"


def test_reports_without_lines_count(tmp_path: Path) -> None:
    counts = '<coverage lines-valid="10" lines-covered="7.0" branches-valid="x"><packages/></coverage>'
    found = read(tmp_path, counts, '<report name="r"><counter type="LINE" missed="2" covered="8"/></report>')
    assert found.lines == Measure(15, 20)
    assert found.branches == Measure()
    assert not list(found.files())


def test_a_line_that_any_report_covers_is_covered(tmp_path: Path) -> None:
    other = COBERTURA.replace('number="4" hits="0"', 'number="4" hits="1"').replace("50% (1/2)", "100% (2/2)")
    found = read(tmp_path, COBERTURA, other)
    assert (found.lines, found.branches) == (Measure(5, 6), Measure(2, 2))


def test_paths_are_shown_from_the_working_folder_where_the_sources_lie(tmp_path: Path) -> None:
    (tmp_path / "code" / "shop").mkdir(parents=True)
    (tmp_path / "code" / "shop" / "cart.py").touch()
    found = read(tmp_path, COBERTURA.replace("{folder}", "{folder}/code"))
    assert [file.path for file in found.files()] == ["code/shop/cart.py", "shop/till.py"]
    sources = Sources()
    read_coverage(tmp_path / "coverage0.xml", sources, [str(tmp_path), str(tmp_path / "code")])
    assert [file.path for file in sources.files()] == ["code/shop/cart.py", "shop/till.py"]


def test_what_coverage_py_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text("def f(x):\n    if x:\n        return 1\n    return 2\n\n\nf(1)\n")
    for arguments in (["run", "--branch", "it.py"], ["xml", "-o", "out.xml"]):
        subprocess.run([sys.executable, "-m", "coverage", *arguments], cwd=tmp_path, check=True, capture_output=True)
    sources = Sources()
    assert read_coverage(tmp_path / "out.xml", sources, [str(tmp_path)]) == "Cobertura"
    (file,) = sources.files()
    assert (file.path, file.lines, file.branches, missing(file)) == ("it.py", Measure(4, 5), Measure(1, 2), "4")


def test_another_tools_report_is_refused_where_the_tool_is_said(tmp_path: Path) -> None:
    with pytest.raises(WrongFormatError, match="No coverage data found"):
        read(tmp_path, COBERTURA, tool="JaCoCo")
    with pytest.raises(WrongFormatError):
        read(tmp_path, "<testsuite/>")
    with pytest.raises(BrokenReportError, match=r"no element found\. Line 9, position \d+\.$"):
        read(tmp_path, COBERTURA[: COBERTURA.index("</classes>")].rstrip())


def test_lines_beyond_reason_do_not_count(tmp_path: Path) -> None:
    lines = (
        f'<line number="{LAST_LINE + 1}" hits="1"/><line number="-1" hits="1"/><line number="9{"9" * 40}" hits="1"/>'
    )
    text = f'<coverage><packages><package><classes><class filename="x"><lines>{lines}<line number="1" hits="1"/>'
    found = read(tmp_path, text + "</lines></class></classes></package></packages></coverage>")
    assert found.lines == Measure(1, 1)


def test_files_beyond_reason_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_SOURCES", 1)
    assert [file.path for file in read(tmp_path, COBERTURA).files()] == ["shop/cart.py"]
