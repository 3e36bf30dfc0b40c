"""The filters that azureml-core writes, on documents of runs."""

from __future__ import annotations

from typing import Any

import pytest

from drivetrain.errors import UserError
from drivetrain.view.api.azure.history import filters

RUN: dict[str, Any] = {
    "runId": "r1",
    "status": "Completed",
    "target": "local",
    "createdUtc": "2026-01-02T03:04:05.000+00:00",
    "hidden": False,
    "runTypeV2": {"orchestrator": "Execution", "traits": ["fast"]},
    "tags": {"build number": "20191010.2", "empty": "", "odd": "a) or (b", "when": "now and then"},
    "properties": {"azureml.runsource": "hyperdrive"},
}


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        ("", True),
        ('(Tags/build number eq "20191010.2")', True),
        ("(Tags/build number eq 20191010.2)", True),
        ("(Tags/build number eq 20191010.3)", False),
        ("(Tags/build number ne 20191010.3)", True),
        ('(Tags/odd eq "a) or (b")', True),
        ('(Tags/when eq "now and then")', True),
        ("(Tags/build number ne null or Tags/build number eq null)", True),
        ("(Tags/empty ne null or Tags/empty eq null)", True),
        ("(Tags/missing ne null or Tags/missing eq null)", False),
        ("(ParentRunId eq null)", True),
        ("(RunId ne r1)", False),
        ("(Status eq Completed)", True),
        ("(Hidden eq false)", True),
        ("(RunType eq hyperdrive or Properties/azureml.runsource eq hyperdrive)", True),
        ("(RunTypeV2/Orchestrator eq Execution)", True),
        ("(RunTypeV2/Traits/fast ne null) or (RunTypeV2/Traits/fast eq null)", True),
        ("(RunTypeV2/Traits/slow ne null) or (RunTypeV2/Traits/slow eq null)", False),
        ("(CreatedUtc ge 2026-01-01 00:00:00)", True),
        ("(CreatedUtc ge 2026-01-03T00:00:00+00:00)", False),
        ("((Status eq Completed) and (ParentRunId eq null) and (Target eq local))", True),
        ("((Status eq Failed) and (ParentRunId eq null) or (Target eq local))", True),
        ("(Status eq Failed and (ParentRunId eq null or Target eq local))", False),
        ("RunId eq r0 or RunId eq r1", True),
        ("(Nothing/of/the kind gt 5)", False),
        ("(Tags/build number gt null)", False),
    ],
)
def test_a_filter_means_what_the_client_means(written: str, *, holds: bool) -> None:
    assert filters.holds(filters.parse(written), RUN) is holds


@pytest.mark.parametrize(
    "written", ["(", "()", "(Status eq Completed", "Status", "(Status is x)", "x eq y) z", "(" * 99]
)
def test_what_is_no_filter_is_refused(written: str) -> None:
    with pytest.raises(UserError):
        filters.parse(written)


def test_a_filter_is_bounded() -> None:
    with pytest.raises(UserError, match="longer"):
        filters.parse("a eq b or " * 5000)


def test_tags_that_must_be_there_are_told_from_those_that_may() -> None:
    both = filters.parse('((Tags/a eq "1") and (Tags/b eq "2") and (ParentRunId eq null))')
    assert filters.required_tags(both) == {"a": "1", "b": "2"}
    assert filters.required_tags(filters.parse("(Tags/a eq 1) or (Tags/b eq 2)")) == {}
