"""What `.gitmodules` may say."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UserError
from drivetrain.run.tasks.sources.modules import Module, checked_url, is_name, read_modules, resolved

if TYPE_CHECKING:
    from pathlib import Path

SHA = "1" * 40


def listed(folder: Path, text: str) -> bytes:
    """As git reads it."""
    (folder / "modules").write_text(text)
    done = subprocess.run(
        ["git", "config", "--file", "modules", "--list", "-z"], cwd=folder, capture_output=True, check=True
    )
    return done.stdout


def test_submodules_are_found_by_their_path(tmp_path: Path) -> None:
    text = (
        '[submodule "a b.c"]\n\tpath = lib/a\n\turl = ../a.git\n\tupdate = none\n'
        '[submodule "unused"]\n\tpath = gone\n\turl = https://x/y\n[other "x"]\n\tpath = lib/a\n'
    )
    assert read_modules(listed(tmp_path, text), {"lib/a": SHA}, "https://github.com/contoso/shop") == [
        Module("a b.c", "lib/a", "https://github.com/contoso/a.git", SHA, "none")
    ]


def test_one_without_an_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"No url found for submodule path 'lib' in \.gitmodules"):
        read_modules(listed(tmp_path, '[submodule "lib"]\n\tpath = lib\n'), {"lib": SHA}, "https://x/y")


@pytest.mark.parametrize(
    ("url", "relative", "found"),
    [
        ("https://h/a/b.git", "../c.git", "https://h/a/c.git"),
        ("https://h/a/b/", "../c", "https://h/a/c"),
        ("https://h/a/b", "./c", "https://h/a/b/c"),
        ("https://h/a/b", "../../x/y", "https://h/x/y"),
        ("https://u@h/a/b", "../c", "https://u@h/a/c"),
        ("git@h:a/b.git", "../c.git", "git@h:a/c.git"),
        ("git@h:b.git", "../c.git", "git@h:c.git"),
        ("ssh://git@h:22/a/b", "../c", "ssh://git@h:22/a/c"),
        ("/srv/a/b", "../c", "/srv/a/c"),
        ("https://h/a/b", "https://other/x", "https://other/x"),
    ],
)
def test_relative_addresses_count_from_that_of_the_repository(url: str, relative: str, found: str) -> None:
    """https://git-scm.com/docs/git-submodule#Documentation/git-submodule.txt-add"""
    assert resolved(url, relative) == found


@pytest.mark.parametrize(
    ("url", "relative"),
    [
        ("https://h/a", "../../evil/x"),
        ("https://h/a", "../../../x"),
        ("https://h/a/b", "../c/../../../evil"),
        ("git@h:a", "../../x"),
        ("ssh://h/a", "../../x"),
    ],
)
def test_a_relative_address_stays_at_the_host(url: str, relative: str) -> None:
    with pytest.raises(UserError, match=r"leaves (https|ssh|git@)"):
        resolved(url, relative)


@pytest.mark.parametrize(
    "url",
    ["https://h/x", "http://h:8080/x", "ssh://git@h/x", "git@h:x/y", "h:x", "git://h/x", "/srv/x", "file:///srv/x"],
)
def test_usual_addresses_are_taken(url: str) -> None:
    assert checked_url(url, "lib") == url


@pytest.mark.parametrize(
    "url",
    [
        *("ext::sh -c touch% /tmp/pwned", "fd::17", "http::https://x/y", "--upload-pack=touch pwned", "-x", "", "x"),
        *("ssh://-oProxyCommand=touch/x", "ssh://git@-oProxyCommand=x/y", "-oProxyCommand=x:y", "git@-oX:y"),
        *(
            "https://h/x\nfile:///y",
            "https://h/x y",
            "file://host/x",
            "ftp://h/x",
            "javascript:alert(1)\n",
            "./x",
            "a/b",
        ),
        *("https:///x", "https://?x/y", "transport::https://x/y"),
    ],
)
def test_hostile_addresses_are_refused(url: str) -> None:
    with pytest.raises(UserError, match="is refused"):
        checked_url(url, "lib")


@pytest.mark.parametrize("name", ["lib", "a/b", "a b", "ünï", "a..b", ".hidden"])
def test_usual_names_are_taken(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "name", ["..", "../x", "a/../../x", "a\\..\\x", "/x", "", "a//b", "a/.", "-x", "a\n", "a/.git", ".GIT/hooks"]
)
def test_names_that_leave_the_folder_of_modules_are_refused(name: str) -> None:
    assert not is_name(name)
