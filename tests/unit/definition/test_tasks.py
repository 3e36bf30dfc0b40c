"""What is said of the tasks that a file names."""

from __future__ import annotations

import pytest

from drivetrain.definition.model import TaskInfo
from drivetrain.definition.read import read_pipeline

KNOWN = {
    "Bash@3": TaskInfo("Bash", 3, "Bash", optional=frozenset({"targetType", "filePath", "script", "oursOnly"})),
    "Checkout@1": TaskInfo(
        "Checkout", 1, "Checkout", required=frozenset({"repository"}), aliases={"repo": "repository"}
    ),
}


def said(step: str) -> list[str]:
    """`line:column severity code: message (hint)` for a step written below `steps:`."""
    text = "steps:\n" + "".join(f"{line}\n" for line in step.splitlines())
    problems = read_pipeline(text, file="f.yml", tasks=KNOWN).problems
    return [
        f"{at.position.line}:{at.position.column} {at.severity.value} {at.code}: {at.message}"
        + (f" ({at.hint})" if at.hint else "")
        for at in problems
    ]


@pytest.mark.parametrize(
    "reference",
    [
        "Bash@3",
        "bash@3",
        "AzureCLI@0",
        "GoTool@0.3.1",
        "qetza.replacetokens.replacetokens-task.replacetokens@5",
        "my.extension.task.Bash@99",
        "6d15af64-176c-496d-b583-fd2ae21d4df4@1",
    ],
)
def test_azures_own_tasks_and_full_names_are_accepted(reference: str) -> None:
    assert said(f"- task: {reference}") == []


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("- task: Bash", "2:9 error wrong-task: 'Bash' is not a task and its major version, such as Bash@3"),
        (
            "- task: Bash@3.1",
            (
                "2:9 error wrong-task: 'Bash@3.1' is not a task and its major version, such as Bash@3"
                " (name the major version, or all of it: Bash@3.1.0)"
            ),
        ),
        ("- task: a b@3", "2:9 error wrong-task: 'a b@3' is not a task and its major version, such as Bash@3"),
        (
            "- task: UsePythonVersoin@0",
            (
                "2:9 warning unknown-task: task 'UsePythonVersoin@0' is not one of Azure's own"
                " (did you mean 'UsePythonVersion'?)"
            ),
        ),
        (
            "- task: ZzQqXx@4",
            (
                "2:9 warning unknown-task: task 'ZzQqXx@4' is not one of Azure's own (it may come from an extension; by"
                " its full name, publisher.extension.contribution.task@1, it is not looked up)"
            ),
        ),
        (
            "- task: azurecli@9",
            (
                "2:9 error unknown-version: there is no task 'azurecli@9'"
                " (there is AzureCLI@0 and AzureCLI@1 and AzureCLI@2 and AzureCLI@3)"
            ),
        ),
        ("- task: Checkout@2\n", "2:9 error unknown-version: there is no task 'Checkout@2' (there is Checkout@1)"),
        (
            "- task: NodeTool@0",
            "2:9 warning deprecated: task NodeTool@0 is deprecated (use UseNode@1)",
        ),
        (
            "- task: condaenvironment@1",
            "2:9 warning deprecated: task CondaEnvironment@1 is deprecated (Azure names nothing instead of it)",
        ),
        ("- task: CopyFiles@2", "2:9 error missing-input: task CopyFiles@2 needs the input 'TargetFolder'"),
        ("- task: Checkout@1", "2:9 error missing-input: task Checkout@1 needs the input 'repository'"),
    ],
)
def test_what_is_wrong_with_a_reference(step: str, problem: str) -> None:
    assert said(step) == [problem]


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        (
            "testResultFiles: x",
            (
                "4:5 warning unknown-input: task PublishTestResults@2 has no input 'testResultFiles'; it is not"
                " looked at (did you mean 'testResultsFiles'?)"
            ),
        ),
        (
            "testRunnr: x",
            (
                "4:5 warning unknown-input: task PublishTestResults@2 has no input 'testRunnr'; it is not looked at"
                " (did you mean 'testRunner'?)"
            ),
        ),
        (
            "testRunner: JUnits",
            (
                "4:17 warning wrong-value: 'JUnits' is not a value of the input 'testRunner' of PublishTestResults@2"
                " (did you mean 'JUnit'?)"
            ),
        ),
        (
            "testResultsFormat: nose",
            (
                "4:24 warning wrong-value: 'nose' is not a value of the input 'testResultsFormat' of"
                " PublishTestResults@2 (it takes: JUnit, NUnit, VSTest, XUnit, CTest)"
            ),
        ),
        (
            "testRunner: JUnit\n    testresultsformat: JUnit",
            "5:5 error duplicate-key: 'testresultsformat' and 'testRunner' are the same input of PublishTestResults@2",
        ),
    ],
)
def test_what_is_wrong_with_an_input(inputs: str, problem: str) -> None:
    assert said(f"- task: PublishTestResults@2\n  inputs:\n    {inputs}") == [problem]


@pytest.mark.parametrize(
    "step",
    [
        "- task: PublishTestResults@2\n  inputs: {testRunner: junit, TESTRESULTSFILES: x}",
        "- task: PublishTestResults@2\n  inputs: {testRunner: $(format)}",
        "- task: PublishTestResults@2\n  inputs: {testRunner: ''}",
        "- task: AzureCLI@2\n  inputs: {connectedServiceNameARM: a, scriptType: ps, cwd: b}",
        "- task: Docker@2\n  inputs: {command: pull}",
        "- task: Cache@2\n  inputs: {key: '', path: ''}",
        "- task: Bash@3\n  inputs: {oursOnly: x, script: y, targetType: inline}",
    ],
)
def test_inputs_that_are_good(step: str) -> None:
    assert said(step) == []
