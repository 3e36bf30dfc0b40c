from __future__ import annotations

import pytest

from tests.unit.definition.lint.linting import found


@pytest.mark.parametrize(
    ("condition", "at"),
    [
        ("eq('$(color)', 'blue')", "3:18 '$(color)'"),
        ("and(succeeded(), eq('a $(Build.Reason)', 'x'))", "3:37 '$(Build.Reason)'"),
    ],
)
def test_a_macro_in_quotes_is_compared_as_it_is_written(condition: str, at: str) -> None:
    place, macro = at.split()
    assert found("macro-in-condition", f"steps:\n- script: x\n  condition: {condition}\n") == [
        f"{place} a macro is not replaced in a condition: {macro} is compared as it is written"
    ]


def test_every_condition_of_every_file_is_looked_at() -> None:
    text = "stages:\n- stage: A\n  condition: eq('$(a)', 'b')\n  jobs:\n  - job: J\n    steps: [{script: x}]\n"
    template = "steps:\n- ${{ if parameters.a }}:\n  - script: x\n    condition: ne('$(b)', '')\n"
    lines = found("macro-in-condition", text, ("t.yml", template))
    assert [line.split(" ")[0] for line in lines] == ["3:18", "t.yml:4:20"]


@pytest.mark.parametrize(
    "condition", ["eq(variables['color'], 'blue')", "always()", "eq('$', '(x)')", "eq('${{ variables.a }}', 'b')"]
)
def test_other_conditions(condition: str) -> None:
    assert found("macro-in-condition", f"steps:\n- script: $(a)\n  condition: {condition}\n") == []
