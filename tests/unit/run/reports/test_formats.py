from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from drivetrain.errors import UserError
from drivetrain.run.reports.elements import BrokenReportError, WrongFormatError
from drivetrain.run.reports.formats import trx
from drivetrain.run.reports.formats.case import Case, seconds, span
from drivetrain.run.reports.formats.known import find_format
from drivetrain.run.reports.model import CaseOutcome

PASSED, FAILED = CaseOutcome.PASSED, CaseOutcome.FAILED
SKIPPED, INCONCLUSIVE = CaseOutcome.NOT_EXECUTED, CaseOutcome.INCONCLUSIVE


SAMPLES = Path(__file__).parent / "samples"
BY_FORMAT = {
    "JUnit": "junit.xml",
    "NUnit": "nunit3.xml",
    "XUnit": "xunit.xml",
    "VSTest": "results.trx",
    "CTest": "ctest.xml",
}


def sample(name: str, file: str = "") -> list[Case]:
    return list(find_format(name).cases(SAMPLES / (file or BY_FORMAT[name]), "another format"))


def read(folder: Path, name: str, text: str | bytes) -> list[Case]:
    path = folder / "report.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(find_format(name).cases(path, "another format"))


def test_junit_is_read_as_the_agent_reads_it() -> None:
    assert sample("JUnit") == [
        Case("shop.Cart", "adds", "adds", PASSED, 0.25),
        Case("shop.Cart", "pays", "pays", FAILED, 1000.5, "12 is not 13", "at Cart.java:7", "to the till\nno coin"),
        Case("shop.Cart", "ships", "ships", FAILED, 0.0, "", "Traceback"),
        Case("shop.Cart", "returns", "returns", SKIPPED, 0.0, "on holiday"),
        Case("shop.Inner", "deep", "deep", PASSED, 0.0),
    ]


def test_junit_may_begin_with_a_suite(tmp_path: Path) -> None:
    assert [case.name for case in read(tmp_path, "JUnit", "<testsuite><testcase name='a'/></testsuite>")] == ["a"]


def test_nunit_2_and_3_are_told_apart_by_their_root() -> None:
    assembly = "/bin/Shop.Tests.dll"
    assert sample("NUnit", "nunit2.xml") == [
        Case(assembly, "Shop.Cart.Adds", "Shop.Cart.Adds", PASSED, 0.5),
        Case(assembly, "Shop.Cart.Pays", "Shop.Cart.Pays", FAILED, 0.1, "12 is not 13", "at Cart.cs:7"),
        Case(assembly, "Shop.Cart.Waits", "Shop.Cart.Waits", SKIPPED, 0.0, "later"),
        Case(assembly, "Shop.Cart.Asks", "Shop.Cart.Asks", INCONCLUSIVE),
    ]
    assert sample("NUnit") == [
        Case("Shop.Tests.dll", "Shop.Cart.Adds", "Adds", PASSED, 0.5),
        Case("Shop.Tests.dll", "Shop.Cart.Pays", "Pays", FAILED, 0.25, "12 is not 13", "at Cart.cs:7", "to the till"),
        Case("Shop.Tests.dll", "Shop.Cart.Waits", "Waits", SKIPPED),
        Case("Shop.Tests.dll", "Shop.Cart.Asks", "Asks", INCONCLUSIVE),
    ]


def test_xunit_names_the_assembly_by_its_file() -> None:
    assert sample("XUnit") == [
        Case("Shop.Tests.dll", "Shop.Cart.Adds(n: 1)", "Adds", PASSED, 0.5),
        Case("Shop.Tests.dll", "Shop.Cart.Pays", "Pays", FAILED, 0.25, "12 is not 13", "at Cart.cs:7", "to the till"),
        Case("Shop.Tests.dll", "Shop.Cart.Waits", "Waits", SKIPPED, 0.0, "later"),
    ]


def test_trx_finds_names_in_definitions_that_come_later() -> None:
    assert sample("VSTest") == [
        Case("shop.tests.dll", "Shop.Cart.Adds", "Adds", PASSED, 0.5),
        Case(
            "shop.tests.dll", "Shop.Cart.Pays", "Pays", FAILED, 86401.0, "12 is not 13", "at Cart.cs:7", "to the till"
        ),
        Case("", "Waits", "Waits", SKIPPED),
        Case("", "Asks", "Asks", INCONCLUSIVE),
    ]


def test_ctest_has_what_a_failed_test_wrote_as_its_stack() -> None:
    assert sample("CTest") == [
        Case("./cart", "./cart/adds", "adds", PASSED, 0.5, output="added"),
        Case("./cart", "./cart/pays", "pays", FAILED, 0.0, "", "12 is not 13"),
        Case("./cart", "./cart/waits", "waits", SKIPPED),
    ]


def test_what_pytest_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\ndef test_good():\n    assert True\n\ndef test_bad():\n    print('hello')\n"
        "    assert 1 == 2\n\n"
        "@pytest.mark.skip(reason='not now')\ndef test_later():\n    pass\n\n@pytest.fixture\ndef broken():\n"
        "    raise OSError('gone')\n\ndef test_error(broken):\n    pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", "--junitxml=out.xml"]
    subprocess.run([*command, "-c", "/dev/null", "."], cwd=tmp_path, check=False, capture_output=True)
    found = {case.name: case for case in find_format("JUnit").cases(tmp_path / "out.xml", "")}
    assert {name: case.outcome for name, case in found.items()} == {
        "test_good": PASSED,
        "test_bad": FAILED,
        "test_later": SKIPPED,
        "test_error": FAILED,
    }
    assert found["test_bad"].message == "assert 1 == 2"
    assert "def test_bad" in found["test_bad"].stack
    assert "OSError: gone" in found["test_error"].stack
    assert found["test_later"].message == "not now"


@pytest.mark.parametrize("name", ["JUnit", "NUnit", "XUnit", "VSTest", "CTest"])
def test_a_report_in_another_format_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WrongFormatError, match=r"^another format$"):
        read(tmp_path, name, "<checkstyle/>")


@pytest.mark.parametrize("name", ["JUnit", "NUnit", "XUnit", "VSTest", "CTest"])
def test_a_broken_report_is_said_with_its_place(tmp_path: Path, name: str) -> None:
    whole = (SAMPLES / BY_FORMAT[name]).read_text("utf-8")
    with pytest.raises(BrokenReportError) as caught:
        read(tmp_path, name, whole[:-20])
    assert caught.value.line == whole[:-20].count("\n") + 1
    assert "report.xml. Error : " in caught.value.message


def test_an_unknown_format_is_refused_with_those_there_are() -> None:
    with pytest.raises(UserError, match="Unknown test runner 'TAP'") as caught:
        find_format("TAP")
    assert caught.value.hint == "use one of: JUnit, NUnit, VSTest, XUnit, CTest"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        ("1,234.5", 1234.5),
        ("", 0),
        ("x", 0),
        ("-3", 0),
        ("inf", 0),
        ("nan", 0),
        ("1e300", 0),
        ("1e-3", 0.001),
    ],
)
def test_seconds_are_never_negative_or_endless(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("00:00:01.25", 1.25),
        ("01:02:03", 3723),
        ("2.01:00:00", 176400),
        ("-00:00:01", 0),
        ("soon", 0),
        ("9" * 50 + ".00:00:00", 0),
    ],
)
def test_spans_are_read_as_dotnet_writes_them(text: str, value: float) -> None:
    assert span(text) == value


def test_definitions_beyond_reason_leave_the_short_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trx, "MOST_DEFINITIONS", 1)
    assert [case.name for case in sample("VSTest")] == ["Shop.Cart.Adds", "Pays", "Waits", "Asks"]
