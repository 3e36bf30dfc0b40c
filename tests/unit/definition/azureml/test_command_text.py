"""Commands in pieces."""

from __future__ import annotations

import pytest

from drivetrain.definition.azureml.command_text import command_parts
from drivetrain.definition.azureml.model import CommandText


def shown(command: str, inputs: tuple[str, ...] = ("x", "lr"), outputs: tuple[str, ...] = ("y",)) -> str:
    """The command with `<x>` for an input and `>y<` for an output."""
    refused: list[str] = []
    parts = command_parts(command, inputs, outputs, refused.append)
    text = "".join(
        f"<{part.input}>" if part.input else f">{part.output}<" if part.output else part.text for part in parts
    )
    return f"refused: {refused[0]}" if refused else text


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python train.py", "python train.py"),
        ("a ${{inputs.x}} b", "a <x> b"),
        ("${{ inputs.x }}${{outputs.y}}", "<x>>y<"),
        ("${{search_space.lr}}", "<lr>"),
        ("echo $HOME $(date) ${A} ${{x}}", "echo $HOME $(date) ${A} ${{x}}"),
        ("t $[[--lr ${{inputs.lr}}]] e", "t --lr <lr> e"),
        ("t $[[--no ${{inputs.no}}]] e", "t  e"),
        ("t $[[--both ${{inputs.lr}} ${{inputs.no}}]]", "t "),
        ("$[[a]] $[[b ${{inputs.no}}]] c", "a  c"),
        ("$[[\n  --lr ${{inputs.lr}}\n]]", "\n  --lr <lr>\n"),
        ("if [[ -f a ]]; then b; fi", "if [[ -f a ]]; then b; fi"),
        ("${{inputs.group.lr}}", "refused: names ${{inputs.group.lr}}, which the job does not have"),
        ("${{inputs.no}}", "refused: names ${{inputs.no}}, which the job does not have"),
        ("${{outputs.x}}", "refused: names ${{outputs.x}}, which the job does not have"),
        ("", ""),
    ],
)
def test_pieces(command: str, expected: str) -> None:
    assert shown(command) == expected


def test_text_between_is_kept_byte_for_byte() -> None:
    parts = command_parts("é\t'${{inputs.x}}'\n", ["x"], [], pytest.fail)
    assert parts == (CommandText("é\t'"), CommandText(input="x"), CommandText("'\n"))
