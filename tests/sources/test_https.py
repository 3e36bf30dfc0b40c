from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

import pytest

from drivetrain.definition.model import RepositoryResource
from drivetrain.errors import Position
from drivetrain.run.library.model import ItemKind
from drivetrain.source.access import ANONYMOUS, NoAccessError
from drivetrain.source.git import Git, RefusedError, git, reaching
from tests.sources.servers import https_git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sources.conftest import Keeper
    from tests.sources.servers import HttpsGit
    from tests.unit.source.conftest import Repository

MAIN = "refs/heads/main"
TOKEN = {"accessToken": "hush-1"}


def test_a_token_of_a_connection_reads_refs_and_objects_and_shows_nowhere(
    keeper: Keeper, https: HttpsGit, work: Repository, tmp_path: Path
) -> None:
    sha = work.git("rev-parse", "HEAD")
    https.looking = True
    keeper.connect("hub", "github", https.site, TOKEN)
    project = keeper.add(https.url("code.git"), "hub")
    source = keeper.storage.git
    assert source.refs(project.url) == {MAIN: sha}
    assert source.default_branch(project.url) == "main"
    mirror = source.repository(project.url, sha)
    assert git(["show", f"{sha}:train.py"], cwd=mirror) == b"1"
    pair = base64.b64encode(b"x-access-token:hush-1").decode()
    assert set(https.asked) == {"", f"Basic {pair}"}
    assert https.seen == set(), "the secret stood on a command line"
    kept = [path for path in mirror.rglob("*") if path.is_file() and b"hush" in path.read_bytes()]
    assert kept == []
    assert not (tmp_path / "user" / ".git-credentials").exists()


def test_a_changed_secret_counts_at_once_and_a_wrong_one_says_which_connection(keeper: Keeper, https: HttpsGit) -> None:
    keeper.connect("hub", "git", https.site, {"password": "hush-2"}, username="ada")
    project = keeper.add(https.url("code.git"), "hub")
    https.users["ada"] = "fresh"
    with pytest.raises(RefusedError, match=r"does not take the credentials of connection 'hub' \(401\)") as refused:
        keeper.storage.git.refs(project.url)
    assert "drivetrain connection update 'hub' --secret" in refused.value.hint
    assert "hush" not in str(refused.value)
    keeper.change("hub", password="fresh")
    assert MAIN in keeper.storage.git.refs(project.url)


def test_what_may_not_be_read_says_which_right_is_missing(keeper: Keeper, https: HttpsGit) -> None:
    keeper.connect("hub", "github", https.site, TOKEN)
    project = keeper.add(https.url("code.git"), "hub")
    https.forbidden = {"x-access-token"}
    with pytest.raises(RefusedError, match=r"connection 'hub' may not read it .*\(403\)") as refused:
        keeper.storage.git.refs(project.url)
    assert "`Contents: read`" in refused.value.hint
    https.forbidden = set()
    with pytest.raises(RefusedError, match=r"shows no such repository to connection 'hub' \(404\)"):
        keeper.add(https.url("other.git"), "hub", "q")


def test_without_a_connection_one_is_asked_for(keeper: Keeper, https: HttpsGit) -> None:
    with pytest.raises(RefusedError, match=r"wants to know who asks \(401\)") as refused:
        keeper.add(https.url("code.git"))
    assert "--connection" in refused.value.hint


def test_a_redirect_to_another_host_takes_no_credentials_along(
    keeper: Keeper, https: HttpsGit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper.connect("hub", "github", https.site, TOKEN)
    project = keeper.add(https.url("code.git"), "hub")
    with https_git(https.root, tmp_path / "thief") as thief:
        https.redirect = thief.url("", host="127.0.0.1").rstrip("/")
        both = tmp_path / "both.pem"
        both.write_bytes(https.authority.read_bytes() + thief.authority.read_bytes())
        monkeypatch.setenv("GIT_SSL_CAINFO", str(both))
        with pytest.raises(RefusedError):
            keeper.storage.git.refs(project.url)
        assert thief.asked
        assert set(thief.asked) == {""}


@pytest.mark.parametrize(
    ("site", "url"),
    [("https://github.com", "https://localhost:1/x.git"), ("https://localhost", "http://localhost:443/x.git")],
)
def test_a_connection_is_for_its_own_host_alone_and_for_tls(keeper: Keeper, site: str, url: str) -> None:
    keeper.connect("hub", "github", site, TOKEN)
    with pytest.raises(NoAccessError, match=f"connection 'hub' is for {site}, not for localhost"):
        keeper.add(url, "hub")


def test_a_certificate_that_nobody_signed_for_is_not_believed(
    keeper: Keeper, https: HttpsGit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GIT_SSL_CAINFO")
    keeper.connect("hub", "github", https.site, TOKEN)
    with pytest.raises(RefusedError, match=r"the certificate of localhost:\d+ is not trusted"):
        keeper.add(https.url("code.git"), "hub")
    assert https.asked == []


def test_the_users_own_ways_still_work_and_a_stranger_has_none_of_them(
    keeper: Keeper, https: HttpsGit, tmp_path: Path
) -> None:
    netrc = tmp_path / "user" / ".netrc"
    netrc.touch(0o600)
    netrc.write_text("machine localhost login ada password hush-2\n")
    project = keeper.add(https.url("code.git"))
    assert MAIN in keeper.storage.git.refs(project.url)
    https.asked.clear()
    with pytest.raises(RefusedError, match="wants to know who asks") as refused:
        Git(tmp_path / "mirrors", lambda _: ANONYMOUS).refs(project.url)
    assert "fork" in refused.value.hint
    assert set(https.asked) == {""}


def test_a_helper_of_the_users_is_not_told_what_is_only_lent(
    keeper: Keeper, https: HttpsGit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "gitconfig"
    config.write_text(f"[credential]\n\thelper = store --file={tmp_path / 'kept'}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    keeper.connect("hub", "github", https.site, TOKEN)
    keeper.add(https.url("code.git"), "hub")
    assert not (tmp_path / "kept").exists()
    (tmp_path / "kept").write_text(f"https://ada:hush-2@localhost:{https.port}\n")
    assert MAIN in Git(tmp_path / "mirrors").refs(https.url("code.git")), "without a connection it is asked"


def test_an_endpoint_of_a_repository_is_used_by_pipelines_with_a_permit(keeper: Keeper, https: HttpsGit) -> None:
    keeper.connect("hub", "github", https.site, TOKEN)
    keeper.add(https.url("code.git"), "hub", "churn")
    url = https.url("code.git")
    resource = RepositoryResource("other", Position("x", 1, 1), type="github", name="team/code", ref="", endpoint="hub")
    accesses = keeper.storage.accesses
    with pytest.raises(NoAccessError, match="pipeline 'churn' has no permission to use connection 'hub'") as refused:
        accesses.of_resource(resource, "churn", url)
    assert refused.value.hint == "drivetrain connection permit 'hub' 'churn'"
    for project in ("", "churn"):
        if project:
            keeper.book.permit(ItemKind.SERVICE_CONNECTION, "hub", "churn")
        found = accesses.of_resource(resource, project, url)
        with reaching(url, found) as (place, env):
            assert git(["ls-remote", "--", place, "main"], env=env)
        with pytest.raises(NoAccessError, match="not for bitbucket"):
            accesses.of_resource(resource, project, "https://bitbucket.org/evil/x")


def test_hostile_secrets_are_sent_as_they_are_or_refused(keeper: Keeper, https: HttpsGit) -> None:
    evil = "$(touch pwned)`x`'\"\\%s ;"
    https.users["ada"] = evil
    keeper.connect("hub", "git", https.site, {"password": evil}, username="ada")
    project = keeper.add(https.url("code.git"), "hub")
    assert MAIN in keeper.storage.git.refs(project.url)
    keeper.change("hub", password="two\nlines")
    with pytest.raises(NoAccessError, match="line break"):
        keeper.storage.git.refs(project.url)
    assert not os.path.lexists("pwned")
