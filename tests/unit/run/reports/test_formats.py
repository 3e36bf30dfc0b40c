from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UserError
from drivetrain.run.reports.elements import BrokenReportError, WrongFormatError
from drivetrain.run.reports.formats.case import Case, seconds, span
from drivetrain.run.reports.formats.known import find_format
from drivetrain.run.reports.model import CaseOutcome

if TYPE_CHECKING:
    from pathlib import Path

PASSED, FAILED = CaseOutcome.PASSED, CaseOutcome.FAILED
SKIPPED, INCONCLUSIVE = CaseOutcome.NOT_EXECUTED, CaseOutcome.INCONCLUSIVE

JUNIT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="shop" time="3.5">
  <testcase classname="shop.Cart" name="adds" time="0.25"><system-out>not kept</system-out></testcase>
  <testcase classname="shop.Cart" name="pays" time="1,000.5">
    <failure message="12 is not 13" type="AssertionError">at Cart.java:7</failure>
    <system-out>to the till</system-out><system-err>no coin</system-err>
  </testcase>
  <testcase classname="shop.Cart" name="ships"><error>Traceback</error></testcase>
  <testcase classname="shop.Cart" name="returns" time="NaN"><skipped message="on holiday"/></testcase>
  <testcase classname="shop.Cart"/>
  <testsuite name="inner"><testcase classname="shop.Inner" name="deep" time="-1"/></testsuite>
</testsuite></testsuites>"""

NUNIT_2 = """<test-results name="all.dll" total="4" date="2026-01-02" time="03:04:05">
  <environment machine-name="m"/>
  <test-suite type="Assembly" name="/bin/Shop.Tests.dll"><results>
    <test-suite type="TestFixture" name="Cart"><results>
      <test-case name="Shop.Cart.Adds" executed="True" result="Success" time="0.5"/>
      <test-case name="Shop.Cart.Pays" executed="True" result="Failure" time="0.1">
        <failure><message><![CDATA[12 is not 13]]></message><stack-trace><![CDATA[at Cart.cs:7]]></stack-trace></failure>
      </test-case>
      <test-case name="Shop.Cart.Waits" executed="False" result="Ignored"><reason><message>later</message></reason></test-case>
      <test-case name="Shop.Cart.Asks" executed="True" result="Inconclusive"/>
    </results></test-suite>
  </results></test-suite>
</test-results>"""

NUNIT_3 = """<test-run id="2" start-time="2026-01-02 03:04:05Z" end-time="2026-01-02 03:04:06Z">
  <test-suite type="Assembly" name="Shop.Tests.dll">
    <test-suite type="TestFixture" name="Cart">
      <test-case name="Adds" fullname="Shop.Cart.Adds" result="Passed" duration="0.5"/>
      <test-case name="Pays" fullname="Shop.Cart.Pays" result="Failed" duration="0.25">
        <failure><message>12 is not 13</message><stack-trace>at Cart.cs:7</stack-trace></failure>
        <output>to the till</output>
      </test-case>
      <test-case name="Waits" fullname="Shop.Cart.Waits" result="Skipped"/>
      <test-case name="Asks" fullname="Shop.Cart.Asks" result="Inconclusive"/>
    </test-suite>
  </test-suite>
</test-run>"""

XUNIT = r"""<assemblies><assembly name="C:\bin\Shop.Tests.dll" run-date="2026-01-02" run-time="03:04:05" time="1.5">
  <collection name="c">
    <test name="Shop.Cart.Adds(n: 1)" type="Shop.Cart" method="Adds" time="0.5" result="Pass"/>
    <test name="Shop.Cart.Pays" type="Shop.Cart" method="Pays" time="0.25" result="Fail">
      <failure exception-type="E"><message>12 is not 13</message><stack-trace>at Cart.cs:7</stack-trace></failure>
      <output>to the till</output>
    </test>
    <test name="Shop.Cart.Waits" method="Waits" result="Skip"><reason>later</reason></test>
  </collection>
</assembly></assemblies>"""

TRX = r"""<?xml version="1.0" encoding="utf-8"?>
<TestRun id="1" xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
  <Times start="2026-01-02T03:04:05Z" finish="2026-01-02T03:04:09Z"/>
  <Results>
    <UnitTestResult testId="a" testName="Adds" duration="00:00:00.5000000" outcome="Passed"/>
    <UnitTestResult testId="b" testName="Pays" duration="1.00:00:01" outcome="Failed">
      <Output><StdOut>to the till</StdOut>
        <ErrorInfo><Message>12 is not 13</Message><StackTrace>at Cart.cs:7</StackTrace></ErrorInfo></Output>
      <InnerResults><UnitTestResult testId="b" testName="Pays (row 1)" outcome="Failed"/></InnerResults>
    </UnitTestResult>
    <UnitTestResult testId="c" testName="Waits" outcome="NotExecuted"/>
    <UnitTestResult testId="d" testName="Asks" outcome="Inconclusive"/>
  </Results>
  <TestDefinitions>
    <UnitTest id="a" name="Adds" storage="c:\bin\shop.tests.dll"><TestMethod className="Shop.Cart, Shop" name="Adds"/></UnitTest>
    <UnitTest id="b" name="Pays" storage="/bin/shop.tests.dll"><TestMethod className="Shop.Cart" name="Pays"/></UnitTest>
  </TestDefinitions>
</TestRun>"""

CTEST = """<Site BuildName="Linux"><Testing><StartTestTime>1</StartTestTime>
  <TestList><Test>./adds</Test></TestList>
  <Test Status="passed"><Name>adds</Name><Path>./cart</Path><FullName>./cart/adds</FullName><Results>
    <NamedMeasurement type="numeric/double" name="Execution Time"><Value>0.5</Value></NamedMeasurement>
    <Measurement><Value>added</Value></Measurement></Results></Test>
  <Test Status="failed"><Name>pays</Name><Path>./cart</Path><FullName>./cart/pays</FullName><Results>
    <Measurement><Value>12 is not 13</Value></Measurement></Results></Test>
  <Test Status="notrun"><Name>waits</Name><Path>./cart</Path><FullName>./cart/waits</FullName></Test>
</Testing></Site>"""


def read(folder: Path, name: str, text: str | bytes) -> list[Case]:
    path = folder / "report.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(find_format(name).cases(path, "another format"))


def test_junit_is_read_as_the_agent_reads_it(tmp_path: Path) -> None:
    assert read(tmp_path, "junit", JUNIT) == [
        Case("shop.Cart", "adds", "adds", PASSED, 0.25),
        Case("shop.Cart", "pays", "pays", FAILED, 1000.5, "12 is not 13", "at Cart.java:7", "to the till\nno coin"),
        Case("shop.Cart", "ships", "ships", FAILED, 0.0, "", "Traceback"),
        Case("shop.Cart", "returns", "returns", SKIPPED, 0.0, "on holiday"),
        Case("shop.Inner", "deep", "deep", PASSED, 0.0),
    ]


def test_junit_may_begin_with_a_suite(tmp_path: Path) -> None:
    assert [case.name for case in read(tmp_path, "JUnit", "<testsuite><testcase name='a'/></testsuite>")] == ["a"]


def test_nunit_2_and_3_are_told_apart_by_their_root(tmp_path: Path) -> None:
    assembly = "/bin/Shop.Tests.dll"
    assert read(tmp_path, "NUnit", NUNIT_2) == [
        Case(assembly, "Shop.Cart.Adds", "Shop.Cart.Adds", PASSED, 0.5),
        Case(assembly, "Shop.Cart.Pays", "Shop.Cart.Pays", FAILED, 0.1, "12 is not 13", "at Cart.cs:7"),
        Case(assembly, "Shop.Cart.Waits", "Shop.Cart.Waits", SKIPPED, 0.0, "later"),
        Case(assembly, "Shop.Cart.Asks", "Shop.Cart.Asks", INCONCLUSIVE),
    ]
    assert read(tmp_path, "NUnit", NUNIT_3) == [
        Case("Shop.Tests.dll", "Shop.Cart.Adds", "Adds", PASSED, 0.5),
        Case("Shop.Tests.dll", "Shop.Cart.Pays", "Pays", FAILED, 0.25, "12 is not 13", "at Cart.cs:7", "to the till"),
        Case("Shop.Tests.dll", "Shop.Cart.Waits", "Waits", SKIPPED),
        Case("Shop.Tests.dll", "Shop.Cart.Asks", "Asks", INCONCLUSIVE),
    ]


def test_xunit_names_the_assembly_by_its_file(tmp_path: Path) -> None:
    assert read(tmp_path, "XUnit", XUNIT) == [
        Case("Shop.Tests.dll", "Shop.Cart.Adds(n: 1)", "Adds", PASSED, 0.5),
        Case("Shop.Tests.dll", "Shop.Cart.Pays", "Pays", FAILED, 0.25, "12 is not 13", "at Cart.cs:7", "to the till"),
        Case("Shop.Tests.dll", "Shop.Cart.Waits", "Waits", SKIPPED, 0.0, "later"),
    ]


def test_trx_finds_names_in_definitions_that_come_later(tmp_path: Path) -> None:
    assert read(tmp_path, "VSTest", TRX) == [
        Case("shop.tests.dll", "Shop.Cart.Adds", "Adds", PASSED, 0.5),
        Case(
            "shop.tests.dll", "Shop.Cart.Pays", "Pays", FAILED, 86401.0, "12 is not 13", "at Cart.cs:7", "to the till"
        ),
        Case("", "Waits", "Waits", SKIPPED),
        Case("", "Asks", "Asks", INCONCLUSIVE),
    ]


def test_ctest_has_what_a_failed_test_wrote_as_its_stack(tmp_path: Path) -> None:
    assert read(tmp_path, "CTest", CTEST) == [
        Case("./cart", "./cart/adds", "adds", PASSED, 0.5, output="added"),
        Case("./cart", "./cart/pays", "pays", FAILED, 0.0, "", "12 is not 13"),
        Case("./cart", "./cart/waits", "waits", SKIPPED),
    ]


def test_what_pytest_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\ndef test_good():\n    assert True\n\ndef test_bad():\n    print('hello')\n    assert 1 == 2\n\n"
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
    with pytest.raises(WrongFormatError, match="^another format$"):
        read(tmp_path, name, "<checkstyle/>")


@pytest.mark.parametrize("name", ["JUnit", "NUnit", "XUnit", "VSTest", "CTest"])
def test_a_broken_report_is_said_with_its_place(tmp_path: Path, name: str) -> None:
    whole = {"JUnit": JUNIT, "NUnit": NUNIT_3, "XUnit": XUNIT, "VSTest": TRX, "CTest": CTEST}[name]
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
