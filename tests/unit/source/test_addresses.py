from __future__ import annotations

import pytest

from drivetrain.errors import UnavailableError, UserError
from drivetrain.source.addresses import address

ORG = {"git": "https://dev.azure.com/contoso"}
OWN = {"git": "https://dev.azure.com/contoso/Machine%20Learning/"}


@pytest.mark.parametrize(
    ("kind", "name", "hosts", "expected"),
    [
        ("github", "contoso/templates", {}, "https://github.com/contoso/templates"),
        ("GitHub", "contoso/my.repo-1_x", {}, "https://github.com/contoso/my.repo-1_x"),
        ("github", "contoso/.github", {}, "https://github.com/contoso/.github"),
        ("github", "contoso/x", {"github": "file:///srv/hub/"}, "file:///srv/hub/contoso/x"),
        ("bitbucket", "contoso/x", {}, "https://bitbucket.org/contoso/x"),
        ("githubenterprise", "a/b", {"githubenterprise": "https://hub.contoso.com"}, "https://hub.contoso.com/a/b"),
        ("git", "Tools/ci", ORG, "https://dev.azure.com/contoso/Tools/_git/ci"),
        ("git", "My Tools/ci & cd", ORG, "https://dev.azure.com/contoso/My%20Tools/_git/ci%20%26%20cd"),
        ("git", "ci", OWN, "https://dev.azure.com/contoso/Machine%20Learning/_git/ci"),
        ("git", "Tools/ci", OWN, "https://dev.azure.com/contoso/Tools/_git/ci"),
        ("git", "a/b", {"git": "https://me@dev.azure.com/contoso"}, "https://me@dev.azure.com/contoso/a/_git/b"),
        ("git", "ci", {"git": "https://contoso.visualstudio.com/ml"}, "https://contoso.visualstudio.com/ml/_git/ci"),
        ("git", "a/b", {"git": "https://contoso.visualstudio.com"}, "https://contoso.visualstudio.com/a/_git/b"),
        ("git", "a/b", {"git": "https://tfs/tfs/Default"}, "https://tfs/tfs/Default/a/_git/b"),
        ("git", "a/--upload-pack=x", {"git": "file:///srv"}, "file:///srv/a/_git/--upload-pack%3Dx"),
    ],
)
def test_a_type_and_a_name_make_an_address(kind: str, name: str, hosts: dict[str, str], expected: str) -> None:
    assert address(kind, name, hosts) == expected


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("github", "templates"),
        ("github", ""),
        ("github", "contoso/../x"),
        ("github", "../x"),
        ("github", "contoso/.."),
        ("github", "-x/y"),
        ("github", "a/b/c"),
        ("github", "a/b?x"),
        ("github", "a/b#x"),
        ("github", "a/b\n"),
        ("github", "user:word@host/x"),
        ("git", ""),
        ("git", "a/b/c"),
        ("git", "../x"),
        ("git", "a/.."),
        ("git", "file:///etc/x"),
        ("git", "a\\b"),
        ("git", "a\0b"),
        ("git", "\ud800"),
        ("svn", "a/b"),
        ("ext::sh -c x", "a/b"),
    ],
)
def test_a_name_or_type_that_none_can_have_is_refused(kind: str, name: str) -> None:
    with pytest.raises(UserError, match=r"is no (name of a|type of) repository"):
        address(kind, name, {**ORG, "github": "file:///srv"})


@pytest.mark.parametrize(
    ("kind", "name", "hosts", "hint"),
    [
        ("git", "a/b", {}, "set git in"),
        ("githubenterprise", "a/b", {}, "set githubenterprise in"),
        ("git", "ci", ORG, "write PROJECT/REPOSITORY"),
        ("git", "ci", {"git": "https://tfs/tfs/Default"}, "write PROJECT/REPOSITORY"),
    ],
)
def test_what_nobody_has_said_is_asked_for(kind: str, name: str, hosts: dict[str, str], hint: str) -> None:
    with pytest.raises(UnavailableError, match="nobody said") as failure:
        address(kind, name, hosts)
    assert hint in failure.value.hint
