from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

if TYPE_CHECKING:
    from pathlib import Path

Make = Any
FILL = "mkdir -p env/bin; echo {} > env/data; ln -sf /bin/sh env/bin/sh; ln -sf data env/link; chmod 750 env/bin"
SHOW = "cat env/data; readlink env/bin/sh env/link; stat -c %a env/bin; echo hit=$(HIT)"


def again(job: Make, *steps: Any, **variables: str) -> Make:
    """The next job of the same home."""
    before = job.root / "runs"
    before.rename(job.root / f"runs{len(list(job.root.iterdir()))}")
    return replaced(job, steps, variables).start().wait()


def replaced(job: Make, steps: Any, variables: dict[str, str]) -> Make:
    job.steps, job.process = steps, None
    job.variables = {**job.variables, **variables}
    return job


@pytest.fixture
def cache(task: Make) -> Make:
    inputs = {"key": 'env | "Linux" | lock.txt', "path": "env", "cacheHitVar": "HIT", "restoreKeys": "env | x\nenv"}
    return lambda **changed: task(
        "Cache@2", {**inputs, **changed}, name=f"cache_{changed.get('key')}", display_name="Keep it"
    )


LINUX = {"Build.SourceBranch": "refs/heads/main", "System.TeamProject": "p", "Build.DefinitionName": "ci"}


def test_what_one_job_leaves_the_next_finds_and_every_line_is_azures(run_job: Make, step: Make, cache: Make) -> None:
    job = run_job("echo 1 > lock.txt", cache(), step("echo hit=$(HIT)"), FILL.format("one"), variables=LINUX)
    assert job.output(3) == "hit=false\n"
    assert job.entries("step.started")[-1]["display_name"] == "Post-job: Keep it"
    assert job.results == ["Succeeded"] * 5
    log = job.log(2)
    assert 'Resolving key:\n - env      [string]\n - "Linux"  [string]\n - lock.txt [file] --> ' in log
    assert 'Resolved to: env|"Linux"|' in log
    assert "Resolving restore key:\n - env [string]\n - x   [string]\nResolved to: env|x|**\n" in log
    assert "There is a cache miss.\n" in log
    assert "Saved item.\n" in job.log(5)
    assert [(each["word"], each["size"]) for each in job.entries("cache.used")] == [("miss", 0), ("saved", 0)]
    exact = again(job, step("echo 1 > lock.txt"), cache(), step(SHOW))
    assert exact.output(3) == "one\n/bin/sh\ndata\n750\nhit=true\n"
    assert 'Entry found at fingerprint: `env|"Linux"|' in exact.log(2)
    assert "Cache restored." in exact.log(2)
    assert "already exists.\n" in exact.log(4)
    (hit, there) = exact.entries("cache.used")
    assert (hit["word"], hit["size"] > 0, there["word"]) == ("hit", True, "there")
    assert hit["key"].startswith('env|"Linux"|')
    inexact = again(job, step("echo 2 > lock.txt"), cache(), step(SHOW), step("echo two > env/data"))
    assert inexact.output(3).endswith("hit=inexact\n")
    assert "Saved item." in inexact.log(5)
    newest = again(job, step("echo 3 > lock.txt"), cache(), step("cat env/data; exit 1"))
    assert newest.output(3).startswith("two\n")
    assert "Skipping because the job status was not 'Succeeded'.\n" in newest.log(4)


def test_a_branch_finds_its_own_and_those_of_the_default_branch(run_job: Make, step: Make, cache: Make) -> None:
    steps = (step("echo 1 > lock.txt"), cache(), step("echo hit=$(HIT)"), step(FILL.format("x")))

    def hit(**variables: str) -> str:
        return str(again(job, *steps, **variables).output(3)).strip()

    job = run_job(*steps, variables={**LINUX, "Build.SourceBranch": "refs/heads/topic"})
    assert job.output(3).strip() == "hit=false"
    assert hit() == "hit=true"
    assert hit(**{"Build.SourceBranch": "refs/heads/other"}) == "hit=false"
    assert hit(**{"Build.SourceBranch": "refs/heads/main"}) == "hit=false"
    assert hit(**{"Build.SourceBranch": "refs/heads/third"}) == "hit=true"
    assert hit(**{"Build.SourceBranch": "refs/heads/main", "Build.DefinitionName": "another"}) == "hit=false"
    assert hit(**{"Build.DefinitionName": "ci", "System.TeamProject": "q"}) == "hit=false"


def test_a_pull_request_finds_its_targets_and_a_stranger_nothing_of_the_source(
    run_job: Make, step: Make, cache: Make
) -> None:
    steps = (step("echo 1 > lock.txt"), cache(), step("echo hit=$(HIT)"), step(FILL.format("x")))

    def hit(number: int, target: str, source: str, fork: str = "False") -> str:
        about = {
            "Build.SourceBranch": f"refs/pull/{number}/merge",
            "System.PullRequest.TargetBranch": f"refs/heads/{target}",
            "System.PullRequest.SourceBranch": f"refs/heads/{source}",
            "System.PullRequest.IsFork": fork,
        }
        return str(again(job, *steps, **about).output(3)).strip()

    job = run_job(*steps, variables={**LINUX, "Build.SourceBranch": "refs/heads/release"})
    assert hit(1, "release", "topic") == "hit=true"
    assert hit(2, "other", "release", "True") == "hit=false"
    assert hit(2, "other", "topic") == "hit=true"
    assert hit(3, "other", "release") == "hit=true"


def test_the_default_branch_is_what_the_repository_says(run_job: Make, step: Make, cache: Make, tmp_path: Path) -> None:
    from drivetrain.run.model import RepositorySource  # noqa: PLC0415
    from drivetrain.source.model import Commit  # noqa: PLC0415

    repository = tmp_path / "repository"
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q", "-b", "trunk", str(repository)], ["commit", "-q", "--allow-empty", "-m", "x"]):
        where = [] if command[0] == "init" else ["-C", str(repository)]
        subprocess.run(["git", *where, *identity, *command], check=True)
    source = RepositorySource("r", "", str(repository), "refs/heads/x", Commit("0" * 40))
    steps = (step("echo 1 > lock.txt"), cache(), step("echo hit=$(HIT)"), step(FILL.format("x")))
    job = run_job(*steps, variables={**LINUX, "Build.SourceBranch": "refs/heads/trunk"}, source=source)
    assert again(job, *steps, **{"Build.SourceBranch": "refs/heads/topic"}).output(3) == "hit=true\n"


def test_what_makes_no_sense_fails_the_step_and_says_why(run_job: Make, cache: Make) -> None:
    job = run_job(
        cache(key="nothing.txt"),
        replace(cache(key="a\nb"), condition="always()"),
        replace(cache(key="a\nb", restoreKeys=""), condition="always()"),
        variables=LINUX,
    )
    assert job.results[:3] == ["Failed", "Failed", "Succeeded"]
    assert "File not found: nothing.txt" in job.issues("error")[0]
    assert "'key' format is changing to a single line" in job.issues("error")[1]
    assert "'key' format is changing to a single line" in job.issues("warning")[0]


def test_a_folder_that_is_not_there_cannot_be_kept_and_a_skipped_step_keeps_nothing(run_job: Make, cache: Make) -> None:
    job = run_job(
        cache(key="a", restoreKeys=""), replace(cache(key="b", restoreKeys=""), condition="false"), variables=LINUX
    )
    assert job.results == ["Succeeded", "Skipped", "Succeeded", "Failed"]
    assert "Skipping because restore step did not run.\n" in job.log(3)
    assert "The folder to cache is not there" in job.issues("error")[0]


def test_issues_keep_a_cache_from_being_saved_unless_asked_otherwise(run_job: Make, step: Make, cache: Make) -> None:
    issue = step("echo '##vso[task.complete result=SucceededWithIssues]'")
    job = run_job(
        cache(key="a", restoreKeys="", path="e"),
        cache(key="b", restoreKeys="", path="e", saveOnPartialSuccess="true"),
        "mkdir e; echo 1 > e/1",
        issue,
        variables={**LINUX, "AZP_CACHING_SALT": "1"},
    )
    assert "Saved item." in job.log(5)
    assert "Resolved to: AZP_CACHING_SALT=1|b\n" in job.log(5)
    assert "Skipping because the job status was not 'Succeeded'.\n" in job.log(6)


def test_a_key_that_changes_on_the_way_is_told_of(run_job: Make, cache: Make) -> None:
    job = run_job("echo 1 > lock.txt", cache(), "mkdir env; echo 2 > lock.txt", variables=LINUX)
    assert "The given cache key has changed in its resolved value" in job.issues("warning")[0]
    assert "Saved item." in job.log(4)


def test_the_setting_limits_what_is_kept(
    run_job: Make, step: Make, cache: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIVETRAIN_CACHE_MEGABYTES", "1")

    def steps(key: str) -> list[Any]:
        fill = step("mkdir -p env; head -c 700000 /dev/urandom > env/data", name="fill")
        return [cache(key=key, restoreKeys=""), step("echo hit=$(HIT)"), fill]

    job = run_job(*steps("a"), variables=LINUX)
    assert again(job, *steps("b")).output(2) == "hit=false\n"
    assert again(job, *steps("b")).output(2) == "hit=true\n"
    assert again(job, *steps("a")).output(2) == "hit=false\n"
