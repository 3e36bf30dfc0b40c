from __future__ import annotations

import pytest

from tests.unit.definition.lint.linting import found

SAID = "is text that others choose; in a script it can hold commands"


@pytest.mark.parametrize(
    "name",
    [
        "Build.SourceVersionMessage",
        "build.sourceversionmessage",
        "Build.SourceVersionAuthor",
        "System.PullRequest.SourceBranch",
    ],
)
def test_text_of_others_in_a_script(name: str) -> None:
    assert found("script-injection", f"steps:\n- script: echo '$({name})'\n") == [f"2:17 $({name}) {SAID}"]


@pytest.mark.parametrize(
    ("step", "place"),
    [
        ("bash: |\n    set -e\n    git checkout $(System.PullRequest.SourceBranch)", "4:18"),
        ("pwsh: Write-Host $(System.PullRequest.SourceBranch)", "2:20"),
        ("task: Bash@3\n  inputs: {targetType: inline, script: 'x $(System.PullRequest.SourceBranch)'}", "3:43"),
        ("task: AzureCLI@2\n  inputs:\n    inlineScript: $(System.PullRequest.SourceBranch)", "4:19"),
    ],
)
def test_scripts_of_every_kind(step: str, place: str) -> None:
    assert found("script-injection", f"steps:\n- {step}\n") == [f"{place} $(System.PullRequest.SourceBranch) {SAID}"]


@pytest.mark.parametrize(
    "step",
    [
        "script: echo $(Build.SourceBranch) $(Build.BuildId) $(Build.SourceVersion)",
        'script: echo "$BUILD_SOURCEVERSIONMESSAGE"',
        "script: echo $MESSAGE\n  env: {MESSAGE: $(Build.SourceVersionMessage)}",
        "script: x\n  displayName: $(Build.SourceVersionMessage)",
        "task: X@1\n  inputs: {message: $(Build.SourceVersionMessage)}",
    ],
)
def test_what_is_not_text_of_others_or_not_in_a_script(step: str) -> None:
    assert found("script-injection", f"steps:\n- {step}\n") == []
