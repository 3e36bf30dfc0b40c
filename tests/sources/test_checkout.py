"""Checkouts that need the host once more: for submodules, large files, and what later steps do there."""

from __future__ import annotations

import base64
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from drivetrain.run.model import JobRef, JobSpec, RepositorySource
from drivetrain.run.ports import NewRun
from drivetrain.source.git import Git, RefusedError, has_commit
from drivetrain.source.model import Commit, Reason
from drivetrain.wire.job_logins import logins_of_job
from drivetrain.wire.job_mirrors import JobMirrors
from tests.unit.run.runner.job_runs import make_job, task
from tests.unit.source.conftest import make

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.plan.model import StepPlan
    from tests.sources.conftest import Keeper
    from tests.sources.servers import HttpsGit
    from tests.unit.source.conftest import Repository

__all__ = ["make_job", "task"]

Make = Any
LOGIN = ("ada", "hush-2")
HEADER = base64.b64encode(b"ada:hush-2").decode()
SECRETS = (b"hush-2", HEADER.encode())


@pytest.fixture
def run(make_job: Make, task: Make, https: HttpsGit, work: Repository) -> Make:
    """Runs a checkout of the served repository with its host's credentials, then a script."""

    def run(inputs: dict[str, str], script: str) -> Any:
        job = make_job(task("Checkout@1", inputs), script, secrets={})
        url = https.url("code.git")
        mirror = Git(job.root / "mirrors").mirror(url.replace("https://", "https://ada:hush-2@"))
        sha = work.git("rev-parse", "HEAD")
        job.options = {"source": RepositorySource("code", url, str(mirror), "refs/heads/main", Commit(sha))}
        job.secrets = replace(job.secrets, logins={https.site: LOGIN})
        https.asked.clear()
        return job.start().wait()

    return run


def left(job: Any) -> list[Path]:
    """Files of a job with the secret in them."""
    files = (path for path in job.dir.rglob("*") if path.is_file() and not path.is_symlink())
    return [path for path in files if any(secret in path.read_bytes() for secret in SECRETS)]


def test_later_steps_may_push_to_the_host_until_the_job_ends(run: Make, served: Repository, work: Repository) -> None:
    script = (
        "git fetch -q origin && git push -q origin HEAD:refs/heads/pushed && git config --get-regexp extraheader && "
        "stat -c %a .git/config && env"
    )
    job = run({"persistCredentials": "true"}, script)
    assert job.result == "Succeeded", job.log(2)
    assert served.git("rev-parse", "refs/heads/pushed") == work.git("rev-parse", "HEAD")
    shown = job.output(2).splitlines()
    assert shown[0].endswith("/code.git.extraheader AUTHORIZATION: basic ***")
    assert shown[1] == "600"
    assert "hush" not in job.output(2)
    assert left(job) == []


def test_without_persistence_later_steps_may_not(run: Make, served: Repository) -> None:
    job = run({}, "git push -q origin HEAD:refs/heads/pushed || git config --get-regexp extraheader || echo none")
    assert job.output(2).splitlines()[-1] == "none"
    assert "refs/heads/pushed" not in served.git("for-each-ref")
    assert left(job) == []


def test_the_credentials_go_when_a_step_has_failed(run: Make) -> None:
    job = run({"persistCredentials": "true"}, "mv .git/config keep && cp keep .git/config && exit 1")
    assert job.result == "Failed"
    assert [path.name for path in left(job)] == ["keep"], "what a script copies is its own affair"


def test_without_credentials_persistence_says_so(make_job: Make, task: Make, work: Repository) -> None:
    sha = work.git("commit", "-q", "--allow-empty", "-m", "x") or work.git("rev-parse", "HEAD")
    source = RepositorySource("w", str(work.path), str(work.path), "refs/heads/main", Commit(sha))
    job = make_job(task("Checkout@1", {"persistCredentials": "true"}), source=source).start().wait()
    assert job.result == "Succeeded"
    assert "There are no credentials for" in job.log(1)


def test_a_submodule_at_the_same_host_is_fetched_with_its_credentials(
    run: Make, https: HttpsGit, served: Repository, work: Repository, tmp_path: Path
) -> None:
    inner = make(tmp_path / "inner")
    sha = inner.commit("inner", inner_txt="inner\n")
    bare = make(served.path.parent / "inner.git", "--bare")
    inner.git("push", "--quiet", str(bare.path), "main")
    work.git("update-index", "--add", "--cacheinfo", f"160000,{sha},lib")
    work.write(".gitmodules", '[submodule "lib"]\n\tpath = lib\n\turl = ../inner.git\n')
    work.git("add", ".gitmodules")
    work.git("commit", "--quiet", "-m", "With a submodule")
    work.git("push", "--quiet", str(served.path), "main")
    https.looking = True
    job = run({"submodules": "true"}, "cat lib/inner.txt; git -C lib remote get-url origin; cat .git/config")
    assert job.output(2).splitlines()[:2] == ["inner", https.url("inner.git")]
    assert f"Basic {HEADER}" in https.asked
    assert https.seen == set()
    assert left(job) == []


@pytest.mark.skipif(shutil.which("git-lfs") is None, reason="git-lfs is not installed (scripts/containers installs it)")
def test_large_files_stay_with_the_mirror(make_job: Make, task: Make, work: Repository) -> None:
    work.git("lfs", "install", "--local")
    work.git("lfs", "track", "*.bin")
    (work.path / "model.bin").write_bytes(bytes(range(256)) * 100)
    sha = work.commit("Large")
    source = RepositorySource("w", work.path.as_uri(), "", "refs/heads/main", Commit(sha))
    job = make_job(
        task("Checkout@1", {"lfs": "true", "path": "one"}),
        f"mv {work.path} {work.path}.gone; cd $(Pipeline.Workspace)/one && git lfs ls-files && git status --short",
        task("Checkout@1", {"lfs": "true", "path": "two"}),
        "cd $(Pipeline.Workspace)/two && git lfs fsck && cmp model.bin ../one/model.bin && wc -c < model.bin",
    )
    mirror = Git(job.root / "mirrors").mirror(source.uri)
    job.options = {"source": replace(source, fetch_from=str(mirror))}
    job.start().wait()
    assert job.results == ["Succeeded"] * 4, [job.log(number) for number in (2, 3, 4)]
    assert job.output(2).split()[1:] == ["*", "model.bin"]
    assert job.output(4).split()[-1] == "25600"
    assert len([path for path in (mirror / "lfs/objects").rglob("*") if path.is_file()]) == 1


def spec(keeper: Keeper, run_id: int, steps: tuple[StepPlan, ...]) -> JobSpec:
    source = RepositorySource("code", "", "", "refs/heads/main", Commit("1" * 40))
    return JobSpec(run_id, "1", JobRef("s", "j"), 1, "", "", steps, (), source, "", str(keeper.home.root))


@pytest.mark.parametrize(
    ("inputs", "restricted", "handed"),
    [
        ({}, False, False),
        ({"persistCredentials": "false", "submodules": "false"}, False, False),
        ({"persistCredentials": "true"}, False, True),
        ({"submodules": "recursive"}, False, True),
        ({"lfs": "true"}, False, True),
        ({"persistCredentials": "true"}, True, False),
    ],
)
def test_only_jobs_that_need_them_are_given_credentials(
    keeper: Keeper, https: HttpsGit, task: Make, inputs: dict[str, str], *, restricted: bool, handed: bool
) -> None:
    keeper.connect("hub", "github", https.site, {"accessToken": "hush-1"})
    project = keeper.add(https.url("code.git"), "hub")
    source = RepositorySource("code", project.url, "", "refs/heads/main", Commit("1" * 40))
    new = NewRun("p", "a.yml", Reason.MANUAL, source, "Ada", project_id=project.id, restricted=restricted)
    made = keeper.storage.runs.create(new, None, number_key="k", number=lambda *_: "1")
    found = logins_of_job(keeper.storage, spec(keeper, made.id, (task("Checkout@1", inputs),)))
    assert found == ({https.site: ("x-access-token", "hush-1")} if handed else {})


def test_a_pull_request_of_a_fork_sees_what_anybody_may_see(
    keeper: Keeper, https: HttpsGit, work: Repository, tmp_path: Path
) -> None:
    """Neither by the credentials that its user's own git keeps, nor out of a mirror that others have filled."""
    (tmp_path / "user" / ".netrc").write_text("machine localhost login ada password hush-2\n")
    (tmp_path / "user" / ".netrc").chmod(0o600)
    sha, url = work.git("rev-parse", "HEAD"), https.url("code.git")
    assert has_commit(JobMirrors(keeper.home).repository(url, sha), sha)
    https.asked.clear()
    with pytest.raises(RefusedError):
        JobMirrors(keeper.home, restricted=True).repository(url, sha, LOGIN)
    assert set(https.asked) == {""}
