from __future__ import annotations

import pytest

from drivetrain.source.access import host_of
from drivetrain.source.addresses import plain_address
from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.source.providers import name_of, provider_of
from drivetrain.source.refusals import refusal
from drivetrain.source.same_host import is_for


@pytest.mark.parametrize(
    ("connection", "url"),
    [
        ("https://github.com", "https://github.com/a/b"),
        ("https://api.github.com", "https://github.com/a/b.git"),
        ("https://github.com", "git@github.com:a/b.git"),
        ("https://github.com", "ssh://git@ssh.github.com:443/a/b"),
        ("https://api.bitbucket.org/", "https://bitbucket.org/a/b"),
        ("https://ghe.example.com/api/v3", "https://ghe.example.com/a/b"),
        ("https://dev.azure.com/contoso", "https://dev.azure.com/contoso/p/_git/r"),
        ("https://dev.azure.com/contoso", "https://contoso@dev.azure.com/contoso/p/_git/r"),
        ("https://dev.azure.com/contoso", "https://contoso.visualstudio.com/p/_git/r"),
        ("https://dev.azure.com/contoso", "git@ssh.dev.azure.com:v3/contoso/p/r"),
        ("https://git.example.com:8443", "https://git.example.com:8443/x"),
        ("http://git.example.com", "http://git.example.com/x"),
        ("ssh://git.example.com:2222", "ssh://git@git.example.com:2222/x"),
        ("svn://svn.example.com", "svn://svn.example.com:3690/repo/trunk"),
        ("https://svn.example.com", "svn+https://svn.example.com/repo/trunk"),
        ("https://GitHub.com", "https://github.COM/a/b"),
    ],
)
def test_a_connection_is_for_its_host(connection: str, url: str) -> None:
    assert is_for(connection, url)


@pytest.mark.parametrize(
    ("connection", "url"),
    [
        ("https://github.com", "https://github.com.evil.example/a/b"),
        ("https://github.com", "https://github.com@evil.example/a/b"),
        ("https://github.com", "https://evil.example/github.com"),
        ("https://github.com", "https://bitbucket.org/a/b"),
        ("https://github.com", "http://github.com/a/b"),
        ("http://github.com", "https://github.com/a/b"),
        ("https://git.example.com:8443", "https://git.example.com/x"),
        ("https://git.example.com", "https://git.example.com:8443/x"),
        ("https://contoso.visualstudio.com.evil", "https://dev.azure.com/contoso/p/_git/r"),
        ("https://github.com", "/srv/code.git"),
        ("https://github.com", "https://github.com:port/x"),
        ("https://svn.example.com", "svn+http://svn.example.com/repo/trunk"),
        ("https://[::1", "https://[::1/x"),
    ],
)
def test_a_connection_is_for_no_other(connection: str, url: str) -> None:
    assert not is_for(connection, url)


@pytest.mark.parametrize(
    ("url", "provider", "name"),
    [
        ("https://github.com/octo/spoon-knife.git", "GitHub", "octo/spoon-knife"),
        ("git@github.com:octo/spoon-knife.git", "GitHub", "octo/spoon-knife"),
        ("https://u:p@bitbucket.org/team/x", "Bitbucket", "team/x"),
        ("https://dev.azure.com/org/My%20project/_git/My%20repo", "TfsGit", "My repo"),
        ("https://org.visualstudio.com/p/_git/r", "TfsGit", "r"),
        ("https://gitlab.com/a/b/c.git", "Git", "c"),
        ("https://github.com.evil.example/a/b", "Git", "b"),
        ("svn://host/repo/branches/next", "Svn", "next"),
        ("svn+https://github.com/x/trunk", "Svn", "trunk"),
        ("/srv/git/code.git", "Git", "code"),
    ],
)
def test_repositories_are_called_as_azure_calls_them(url: str, provider: str, name: str) -> None:
    assert (provider_of(url), name_of(url, provider)) == (provider, name)


@pytest.mark.parametrize(
    ("host", "api", "provider"),
    [
        (HostKind.GITHUB, "https://api.github.com", "GitHub"),
        (HostKind.GITHUB, "https://git.example.com/api/v3", "GitHubEnterprise"),
        (HostKind.AZURE_REPOS, "https://git.example.com", "TfsGit"),
        (HostKind.GITEA, "https://git.example.com/api/v1", "Git"),
    ],
)
def test_a_link_says_what_no_url_tells(host: HostKind, api: str, provider: str) -> None:
    assert provider_of("https://git.example.com/a/b", Link(1, host, api, "a/b")) == provider


def test_a_repository_has_one_plain_address_however_it_is_written() -> None:
    assert plain_address("https://u:p@GitHub.com/Octo/Spoon.git/") == plain_address("https://github.com/octo/spoon")
    assert plain_address("https://github.com/octo/spoon") != plain_address("https://github.com/octo/fork")
    assert plain_address("svn://host/Lab/trunk") != plain_address("svn://host/lab/trunk")
    assert plain_address("/srv/git/Code.git") != plain_address("/srv/git/code")


def test_hosts_are_read_as_clients_read_them() -> None:
    urls = ["https://u:p@Host:8/x", "git@host:x", "host:x", "/a/b:c", "ssh://host", "https://a@b@c/x", "https://[::1/x"]
    assert [host_of(url) for url in urls] == ["host:8", "host", "host", "", "host", "c", ""]


def test_other_words_of_git_are_left_as_they_are() -> None:
    assert refusal("fatal: unable to access: Could not resolve host: x", "x", None) is None
