"""The lines that `drivetrain az-env` prints, as shells read them."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from drivetrain.view.cli.az_env import kept, left, restored, script

HARD = {"IDENTITY_HEADER": "it's \"$HOME\" `a` \\ \\' b", "AZURE_CONFIG_DIR": "/a b/c"}


def test_sh_reads_back_what_was_said() -> None:
    said = f'{script("sh", HARD)}\nprintf \'%s|%s\' "$IDENTITY_HEADER" "$AZURE_CONFIG_DIR"'
    done = subprocess.run(["sh", "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout == f"{HARD['IDENTITY_HEADER']}|/a b/c"


@pytest.mark.skipif(not shutil.which("fish"), reason="needs fish")
def test_fish_reads_back_what_was_said() -> None:
    said = f'{script("fish", HARD)}\nprintf \'%s|%s\' "$IDENTITY_HEADER" "$AZURE_CONFIG_DIR"'
    done = subprocess.run(["fish", "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout == f"{HARD['IDENTITY_HEADER']}|/a b/c"


def test_fish_and_powershell_have_quotes_of_their_own() -> None:
    assert script("fish", {"A": "it's \\"}) == "set -gx A 'it\\'s \\\\';"
    assert script("powershell", {"A": "it's $b"}) == "$env:A = 'it''s $b'"
    assert script("fish", {"A": None}) == "set -e A;"
    assert script("powershell", {"A": None}) == "Remove-Item Env:A -ErrorAction SilentlyContinue"


def test_what_the_terminal_had_comes_back() -> None:
    before = {"REQUESTS_CA_BUNDLE": "/company.pem", "AZURE_CONFIG_DIR": "/mine", "PATH": "/bin"}
    found = {"REQUESTS_CA_BUNDLE": "/ours.pem", "AZURE_CONFIG_DIR": "/ours"}
    during = {**before, **kept(before, found), **found}
    assert kept(during, found) == {}
    after = {name: value for name, value in {**during, **restored(during)}.items() if value is not None}
    assert after == before


def test_one_way_after_the_other_leaves_nothing_of_the_first() -> None:
    before = {"HTTPS_PROXY": "http://company", "AZURE_CLOUD_NAME": "AzureChinaCloud", "PATH": "/bin"}
    plain = {"AZURE_CLOUD_NAME": "Drivetrain", "AZURE_CONFIG_DIR": "/home/terminal/1", "ARM_CLOUD_METADATA_URL": "x"}
    hosts = {"HTTPS_PROXY": "http://ours", "AZURE_CONFIG_DIR": "/home/terminal/1-hosts", "NO_PROXY": "localhost"}

    def after(terminal: dict[str, str], found: dict[str, str]) -> dict[str, str]:
        changed = {**terminal, **kept(terminal, found), **left(terminal, found), **found}
        return {name: value for name, value in changed.items() if value is not None}

    def shown(terminal: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in terminal.items() if not name.startswith("DRIVETRAIN_BEFORE_")}

    first = after(before, hosts)
    assert shown(first) == {"PATH": "/bin", **hosts}
    second = after(first, plain)
    assert shown(second) == {"PATH": "/bin", "HTTPS_PROXY": "http://company", **plain}
    third = after(second, hosts)
    assert shown(third) == {"PATH": "/bin", **hosts}
    ended = {name: value for name, value in {**third, **restored(third)}.items() if value is not None}
    assert ended == before
