from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drivetrain.run.reports.kept import kept_cases, kept_coverage
from drivetrain.run.reports.model import Measure

Make = Any
SAMPLES = Path(__file__).parents[1] / "reports" / "samples"
GOOD = "<testsuite><testcase classname='A' name='good' time='1'/></testsuite>"
BAD = (
    "<testsuite><testcase classname='A' name='bad' time='2'><failure message='no'>why</failure></testcase></testsuite>"
)
FAILED_TESTS = "There are one or more test failures detected in result files."


def write(**files: str) -> str:
    """A script that writes files, whatever is in them."""
    parts = [f"mkdir -p $(dirname {name}); cat > {name} <<'END'\n{text}\nEND\n" for name, text in files.items()]
    return "".join(parts)


def reports(*texts: str) -> str:
    return write(**{f"out/TEST-{number}.xml": text for number, text in enumerate(texts)})


def names(job: Any, entry: dict[str, Any]) -> list[str]:
    return [case.name for case in kept_cases(job.dir, entry["results"])]


def test_each_report_becomes_a_set_of_results(run_job: Make, task: Make) -> None:
    job = run_job(reports(GOOD, BAD), task("PublishTestResults@2", {"testRunTitle": "Unit"}))
    first, second = job.entries("tests.published")
    assert (first["title"], first["format"], first["passed"], first["failed"]) == ("Unit_1", "JUnit", 1, 0)
    assert (second["title"], second["failed"], second["seconds"]) == ("Unit_2", 1, 2.0)
    assert (names(job, first), names(job, second)) == (["good"], ["bad"])
    assert [file["name"] for file in first["attachments"]] == ["TEST-0.xml"]
    assert (job.dir / first["attachments"][0]["path"]).read_text() == GOOD + "\n"
    assert "Publishing test results to test run 'Unit_1'." in job.log(2)
    assert job.results == ["Succeeded", "Succeeded"]


def test_reports_are_merged_when_asked_or_when_they_are_many(run_job: Make, task: Make) -> None:
    one = "<testsuite><testcase name='t$i'/></testsuite>"
    many = f'mkdir many; for i in $(seq 101); do echo "{one}" > many/$i.xml; done'
    job = run_job(
        reports(GOOD, BAD) + many,
        task(
            "PublishTestResults@2",
            {
                "mergeTestResults": "true",
                "platform": "linux",
                "configuration": "debug",
                "publishRunAttachments": "false",
            },
        ),
        task("PublishTestResults@2", {"testResultsFiles": "*.xml", "searchFolder": "many"}),
    )
    merged, forced = job.entries("tests.published")
    assert sorted(names(job, merged)) == ["bad", "good"]
    assert (merged["title"], merged["platform"], merged["configuration"]) == ("JUnit_TestResults_1", "linux", "debug")
    assert merged["attachments"] == []
    assert forced["passed"] == 101


@pytest.mark.parametrize(
    ("format_name", "file", "counts"),
    [
        ("NUnit", "nunit2.xml", (1, 1, 2)),
        ("NUnit", "nunit3.xml", (1, 1, 2)),
        ("xunit", "xunit.xml", (1, 1, 1)),
        ("VSTest", "results.trx", (1, 1, 2)),
        ("CTest", "ctest.xml", (1, 1, 1)),
    ],
)
def test_every_format_is_published(
    run_job: Make, task: Make, format_name: str, file: str, counts: tuple[int, int, int]
) -> None:
    job = run_job(
        f"cp '{SAMPLES / file}' .",
        task("PublishTestResults@2", {"testRunner": format_name, "testResultsFiles": f"**/{file}"}),
    )
    (entry,) = job.entries("tests.published")
    assert (entry["passed"], entry["failed"], entry["skipped"]) == counts


def test_failed_tests_fail_the_step_only_when_asked(run_job: Make, task: Make) -> None:
    job = run_job(
        reports(BAD),
        task("PublishTestResults@2"),
        task("PublishTestResults@2", {"failTaskOnFailedTests": "true"}),
    )
    assert job.results == ["Succeeded", "Succeeded", "Failed"]
    assert job.issues("error")[0].startswith(FAILED_TESTS)
    assert len(job.entries("tests.published")) == 2


def test_missing_reports_are_a_warning_or_a_failure(run_job: Make, task: Make) -> None:
    job = run_job(
        task("PublishTestResults@2", {"testResultsFiles": "**/a.xml\n**/b.xml"}),
        task("PublishTestResults@1", {"testResultsFiles": "**/a.xml"}),
        task("PublishTestResults@2", {"failTaskOnMissingResultsFile": "true"}),
    )
    assert job.results == ["Succeeded", "Succeeded", "Failed"]
    assert job.issues("warning") == [
        "No test result files matching '[ '**/a.xml', '**/b.xml' ]' were found.",
        "No test result files matching **/a.xml were found.",
    ]
    assert job.issues("error") == ["No test result files matching '[ '**/TEST-*.xml' ]' were found."]


def test_a_broken_report_is_a_warning_with_its_place_and_loses_nothing_of_the_others(run_job: Make, task: Make) -> None:
    job = run_job(
        reports(GOOD, "<testsuite>\n<testcase name='lost'/>\n<oops", BAD, "<report/>", "<testsuite/>"),
        task("PublishTestResults@2", {"mergeTestResults": "true"}),
        task("PublishTestResults@2", {"failTaskOnFailureToPublishResults": "true"}),
    )
    first = job.entries("tests.published")[0]
    assert sorted(names(job, first)) == ["bad", "good"]
    broken, wrong = [entry for entry in job.entries("issue") if entry["type_"] == "warning"][:2]
    assert broken["message"].endswith("TEST-1.xml. Error : unclosed token. Line 3, position 1.")
    assert (Path(broken["file"]).name, broken["line"], broken["column"]) == ("TEST-1.xml", 3, 1)
    assert wrong["message"].startswith("Invalid results file. Make sure the result format of the file '")
    assert wrong["message"].endswith("TEST-3.xml' matches 'JUnit' test results format.")
    assert "TEST-4.xml'." in job.log(2)
    assert job.results == ["Succeeded", "Succeeded", "Failed"]


def test_an_unknown_format_fails_the_step(run_job: Make, task: Make) -> None:
    job = run_job(reports(GOOD), task("PublishTestResults@2", {"testResultsFormat": "TAP"}))
    assert job.results == ["Succeeded", "Failed"]
    assert "Unknown test runner 'TAP'" in job.issues("error")[0]


def test_secrets_in_reports_are_written_down_nowhere(run_job: Make, task: Make) -> None:
    secret = "pa55&word<7>"
    escaped = secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    case = (
        f"<testcase classname='{escaped}' name='n {escaped}'><failure message='{escaped}'>{escaped}</failure>"
        f"<system-out>{escaped}</system-out></testcase>"
    )
    job = run_job(
        reports(f"<testsuite>{case}</testsuite>"),
        task("PublishTestResults@2", {"testRunTitle": "$(password)", "platform": "$(password)"}),
        secrets={"password": secret},
    )
    (entry,) = job.entries("tests.published")
    (found,) = kept_cases(job.dir, entry["results"])
    assert (entry["title"], entry["platform"]) == ("***", "***")
    assert (found.storage, found.name, found.message, found.stack) == ("***", "n ***", "***", "***")
    for path in (job.dir / "reports").iterdir():
        assert b"pa55" not in path.read_bytes()


def test_a_secret_that_is_part_of_our_paths_spoils_nothing(run_job: Make, task: Make) -> None:
    job = run_job(reports(GOOD), task("PublishTestResults@2"), secrets={"x": "tests"})
    (entry,) = job.entries("tests.published")
    assert names(job, entry) == ["good"]


def test_commands_in_a_report_are_neither_carried_out_nor_shown(run_job: Make, task: Make) -> None:
    command = "##vso[task.setvariable variable=owned]yes"
    text = (
        f"<testsuite><testcase classname='{command}' name='{command}'><failure message='{command}'>\n"
        f"{command}\n##vso[task.complete result=Failed]\n</failure>"
        f"<system-out>\n{command}\n</system-out></testcase></testsuite>"
    )
    job = run_job(
        reports(text),
        task("PublishTestResults@2", {"testRunTitle": "##[error]t"}),
        "echo 'owned: [$(owned)]'",
    )
    assert job.output(3) == "owned: [$(owned)]\n"
    assert "##vso" not in job.log(2)
    assert "##[error]" not in [line[:9] for line in job.log(2).splitlines()]
    assert job.results == ["Succeeded"] * 3


def test_files_that_are_no_files_are_not_waited_for(run_job: Make, task: Make) -> None:
    job = run_job(
        "mkfifo TEST-pipe.xml; mkdir TEST-folder.xml; ln -s nowhere TEST-link.xml\n" + reports(GOOD),
        task("PublishTestResults@2"),
    )
    assert [names(job, entry) for entry in job.entries("tests.published")] == [["good"]]


def test_results_are_published_by_a_command(run_job: Make) -> None:
    job = run_job(
        reports(GOOD, BAD),
        'echo "##vso[results.publish type=JUnit;mergeResults=false;runTitle=By hand;'
        'resultFiles=out/TEST-0.xml,out/TEST-1.xml;publishRunAttachments=false]"',
        'echo "##vso[results.publish type=JUnit;failTaskOnFailedTests=true]out/TEST-1.xml"',
    )
    titles = [entry["title"] for entry in job.entries("tests.published")]
    assert titles == ["By hand_1", "By hand_2", "JUnit_TestResults_1"]
    assert job.results == ["Succeeded", "Succeeded", "Failed"]
    assert job.issues("error")[0].startswith(FAILED_TESTS)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("results.publish type=JUnit", "'TestResults' has to be specified."),
        ("results.publish resultFiles=x.xml", "'Testrunner' has to be specified."),
        ("results.publish type=TAP;resultFiles=x.xml", "Unknown test runner 'TAP'"),
        ("results.publish type=JUnit;resultFiles=/etc/passwd", "/etc/passwd is outside the job's folder"),
        ("results.publish type=JUnit;resultFiles=none.xml", "there is no file or folder"),
        ("codecoverage.publish summaryfile=x.xml", "'CodeCoverageTool' has to be specified."),
        ("codecoverage.publish codecoveragetool=JaCoCo", "'SummaryFile' has to be specified."),
        (
            "codecoverage.publish codecoveragetool=Clover;summaryfile=x.xml",
            "Code coverage tool 'Clover' is not supported.",
        ),
        ("codecoverage.publish codecoveragetool=JaCoCo;summaryfile=/etc/passwd", "is outside the job's folder"),
    ],
)
def test_a_command_that_cannot_be_carried_out_fails_its_step(run_job: Make, command: str, message: str) -> None:
    job = run_job("echo '<testsuite/>' > x.xml", f'echo "##vso[{command}]"')
    assert job.results == ["Succeeded", "Failed"]
    assert message in job.issues("error")[0]


def test_coverage_of_several_reports_is_merged_and_their_format_found(run_job: Make, task: Make) -> None:
    job = run_job(
        f"cp '{SAMPLES}/cobertura.xml' '{SAMPLES}/jacoco.xml' .; cp cobertura.xml again.xml",
        task("PublishCodeCoverageResults@2", {"summaryFileLocation": "**/cobertura.xml\n*.xml"}),
    )
    (entry,) = job.entries("coverage.published")
    assert (entry["tool"], entry["lines_covered"], entry["lines_total"]) == ("Cobertura, JaCoCo", 6, 9)
    assert [file.path for file in kept_coverage(job.dir, entry["files"])] == [
        "org/shop/Cart.java",
        "shop/cart.py",
        "shop/till.py",
    ]
    log = job.log(2)
    assert "Found 1 result(s) matching pattern: **/cobertura.xml" in log
    assert "Found 3 result(s) matching pattern: *.xml" in log
    assert " Lines- 6 of 9 covered.\n Branches- 2 of 4 covered.\n" in log


def test_paths_of_sources_count_from_the_sources_folder(run_job: Make, task: Make) -> None:
    job = run_job(
        f"cp '{SAMPLES}/jacoco.xml' .; mkdir -p app/java/org/shop; touch app/java/org/shop/Cart.java",
        task(
            "PublishCodeCoverageResults@1",
            {"summaryFileLocation": "**/jacoco.xml", "pathToSources": "$(System.DefaultWorkingDirectory)/app/java"},
        ),
    )
    (entry,) = job.entries("coverage.published")
    (file,) = kept_coverage(job.dir, entry["files"])
    assert (file.path, file.lines) == ("app/java/org/shop/Cart.java", Measure(2, 3))


def test_a_folder_and_files_go_with_the_coverage(run_job: Make, task: Make) -> None:
    job = run_job(
        f"cp '{SAMPLES}/cobertura.xml' .; mkdir -p site/deep data/a data/b; echo hi > site/deep/index.html\n"
        "echo 1 > data/a/x.exec; echo 2 > data/b/x.exec",
        task(
            "PublishCodeCoverageResults@1",
            {
                "codeCoverageTool": "cobertura",
                "summaryFileLocation": "$(System.DefaultWorkingDirectory)/**/*.xml",
                "reportDirectory": "$(System.DefaultWorkingDirectory)/**/site/",
                "additionalCodeCoverageFiles": "**/*.exec",
            },
        ),
    )
    artifacts = {entry["name"]: entry["files"] for entry in job.entries("artifact.published")}
    assert artifacts == {"Code Coverage Report_1": 1, "Code Coverage Files_1": 2}
    assert (job.root / "artifacts/1/Code Coverage Files_1/b/x.exec").read_text() == "2\n"
    assert (job.root / "artifacts/1/Code Coverage Report_1/deep/index.html").exists()


def test_the_first_of_several_matches_is_used_by_version_1(run_job: Make, task: Make) -> None:
    job = run_job(
        f"mkdir a b; cp '{SAMPLES}/cobertura.xml' a/c.xml; cp '{SAMPLES}/cobertura.xml' b/c.xml",
        task("PublishCodeCoverageResults@1", {"codeCoverageTool": "Cobertura", "summaryFileLocation": "**/c.xml"}),
    )
    assert len(job.entries("coverage.published")) == 1
    (warning,) = job.issues("warning")
    assert warning.startswith("Multiple file or directory matches were found. Using the first match: ")
    assert warning.endswith("a/c.xml")


@pytest.mark.parametrize("reference", ["PublishCodeCoverageResults@1", "PublishCodeCoverageResults@2"])
def test_no_coverage_is_a_warning_or_a_failure(run_job: Make, task: Make, reference: str) -> None:
    inputs = {"summaryFileLocation": "**/none.xml"}
    empty = {"summaryFileLocation": "empty.xml", "failIfCoverageEmpty": "true"}
    job = run_job(
        "echo '<coverage><packages/></coverage>' > empty.xml",
        task(reference, inputs),
        task(reference, empty | ({"codeCoverageTool": "Cobertura"} if reference[-1] == "1" else {})),
    )
    nothing = "No code coverage results were found to publish."
    assert job.results == ["Succeeded", "Succeeded", "Failed"]
    assert job.issues("warning") == [nothing]
    assert job.issues("error") == [nothing]
    assert not job.entries("coverage.published")


def test_coverage_is_published_by_a_command(run_job: Make) -> None:
    job = run_job(
        f"cp '{SAMPLES}/cobertura.xml' c.xml; mkdir html; echo hi > html/index.html; echo x > more.txt",
        'echo "##vso[codecoverage.publish codecoveragetool=Cobertura;summaryfile=c.xml;reportdirectory=html;'
        'additionalcodecoveragefiles=more.txt]"',
    )
    (entry,) = job.entries("coverage.published")
    assert (entry["lines_covered"], entry["lines_total"]) == (4, 6)
    assert [each["name"] for each in job.entries("artifact.published")] == [
        "Code Coverage Report_1",
        "Code Coverage Files_1",
    ]
    assert job.result == "Succeeded"
