"""No secret shows up anywhere in a home, a page, an API's answer or a command's output, in any common encoding."""

from __future__ import annotations

import fcntl
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.server.conftest import wait_for
from tests.withstand.looking import page
from tests.withstand.secret_forms import SECRETS, files, leaks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Workplace
    from tests.server.conftest import World

SAY = "python3 say_secrets.py"
PIPELINE = """\
trigger: [main]
variables: {system.debug: true, SYSTEM_UNSAFEALLOWMULTILINESECRET: true}
stages:
- stage: One
  jobs:
  - job: A
    steps:
    - bash: SAY define HERE
      name: make
    - bash: SAY forms HERE
    - bash: SAY split HERE
    - bash: |
        mkdir -p "$SUMMARIES"; SAY commands HERE
        cp HERE/*.md "$SUMMARIES"; SAY commands HERE
      env: {SUMMARIES: $(Build.ArtifactStagingDirectory)/kept}
      name: tell
      continueOnError: true
    - bash: SAY tokens HERE
      env: {ACCESS: $(System.AccessToken)}
    - bash: 'echo "mapped $MINE"; cat "/nowhere/$MINE"; echo "##[error]$MINE"; exit 3'
      displayName: train $(make.simple) $(make.password)
      env: {MINE: $(make.simple)}
      continueOnError: true
    - bash: echo '$(make.simple)'; nothing-$(make.simple)
      failOnStderr: true
      continueOnError: true
    - publish: $(System.DefaultWorkingDirectory)
      artifact: out-$(make.simple)
      continueOnError: true
    - bash: echo
      workingDirectory: /nowhere/$(make.simple)
      continueOnError: true
    - bash: echo
      condition: eq(variables['make.simple'], 'no')
    - bash: echo
      condition: eq(format(variables['make.password'], 'x'), 'no')
      continueOnError: true
    - bash: echo
      timeoutInMinutes: $(make.simple)
      continueOnError: true
    - task: PythonScript@0
      inputs: {scriptSource: inline, script: "raise ValueError('$(make.simple)')"}
      continueOnError: true
    - bash: SAY fail HERE
  - job: B
    displayName: with $(theirs)
    dependsOn: A
    condition: always()
    variables:
      theirs: $[ dependencies.A.outputs['make.simple'] ]
      long: $[ format('a {0} b', dependencies.A.outputs['make.multi']) ]
      copied: $[ dependencies.A.outputs['tell.copy_password'] ]
      within: pre $(theirs)
    steps:
    - bash: env; echo '$(theirs) $(within)'; SAY forms HERE
      env: {MINE: $(long), OTHER: $(copied)}
    - bash: 'echo "$MINE"; echo "$OTHER"; echo "$OTHER" | base64'
      env: {MINE: $(long), OTHER: $(copied)}
  - job: Seed
    dependsOn: A
    condition: always()
    variables: {x: "$[ counter('a', dependencies.A.outputs['make.simple']) ]"}
    steps: [{checkout: none}]
  - job: Counter
    dependsOn: A
    condition: always()
    variables: {x: "$[ counter(dependencies.A.outputs['make.simple'], 1) ]"}
    steps: [{checkout: none}]
  - job: Condition
    dependsOn: A
    condition: eq(format(dependencies.A.outputs['make.password'], 'x'), 'y')
    steps: [{checkout: none}]
  - job: Limit
    dependsOn: A
    condition: always()
    timeoutInMinutes: $[ dependencies.A.outputs['make.simple'] ]
    steps: [{checkout: none}]
- stage: Two
  dependsOn: One
  condition: eq(format(dependencies.One.outputs['A.make.password'], 'x'), 'y')
  jobs: [{job: Z, steps: [{checkout: none}]}]
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Where the secrets lie: in no repository and no home."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "secrets.json").write_text(json.dumps(SECRETS), "utf-8")
    return folder


def write_pipeline(repository: Path, here: Path) -> None:
    text = PIPELINE.replace("SAY", SAY).replace("HERE", str(here))
    (repository / "azure-pipelines.yml").write_text(text, "utf-8")
    shutil.copy(Path(__file__).with_name("say_secrets.py"), repository)


def all_secrets(here: Path) -> dict[str, str]:
    """With the tokens that the job was given. What only `setsecret` told of job A is no secret in others' logs."""
    return {**SECRETS, **json.loads((here / "tokens.json").read_text("utf-8"))}


# What a user publishes, and what a user's scripts write into their work folder, is theirs.
THEIRS = ("artifacts/",)


def in_home(root: Path) -> list[tuple[str, bytes]]:
    """Everything in a home, once the runners have tidied up, which they do after the end of their job is known."""
    wait_for(lambda: not list(root.glob("runs/*/*/temp")), "scripts with secrets in them to be gone")
    wait_for(lambda: not any(map(runs_still, root.glob("runs/*/*/lock"))), "the runners to end")
    return [(name, data) for name, data in files(root, but=THEIRS) if "/work/a/kept/" not in name]


def runs_still(lock: Path) -> bool:
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def crawl(world: World, first: str, most: int = 200) -> Iterator[tuple[str, bytes]]:
    """Every page of runs that can be reached."""
    seen, left = {first}, [first]
    while left and len(seen) < most:
        path = left.pop()
        text = page(world, path)
        yield path, text.encode()
        for link in re.findall(r'href="(/(?:runs|projects)[^"#]*)"', text):
            if link not in seen and "/artifacts/" not in link:
                seen.add(link)
                left.append(link)


def answers(world: World, run: int) -> Iterator[tuple[str, bytes]]:
    """What the API says of a run and its logs."""
    root = f"/api/v1/runs/{run}"
    for path in ("/api/v1/runs", root, f"{root}/timeline", f"{root}/events?limit=500", f"{root}/training-runs"):
        yield path, page(world, path).encode()
    for job in json.loads(page(world, f"{root}/timeline"))["jobs"]:
        for step in job["steps"]:
            logs = f"{root}/logs/{job['key']}/{step['index']}"
            for path in (f"{logs}/lines?count=1000", f"{logs}/raw", f"{logs}/outline"):
                if step["result"] != "Skipped":
                    yield path, page(world, path).encode()


ALL_SAID = (
    "counter's seed must be a whole number, not '***'",
    "timeoutInMinutes is '***', which",
    "than were supplied: ***",
    "there is a secret in the name of this artifact",
    "cannot log in with ***",
    "train *** ***",
    "tag ***",
    "number-***",
    "Not found workingDirectory: /nowhere/***",
)
COMMANDS = (["show"], ["show", "--json"], ["logs"], ["logs", "--raw"], ["logs", "--json"], ["runs"], ["runs", "--json"])


def test_a_pushed_run_leaves_no_secret_anywhere(world: World, here: Path) -> None:
    world.repository()
    write_pipeline(world.work, here)
    world.cli("project", "add", str(world.bare), "--hook")
    world.up()
    world.commit()
    world.push()
    (run,) = world.wait_for_runs(1)
    assert run.result == "Failed"
    timeline = page(world, f"/api/v1/runs/{run.id}/timeline")
    for words in ALL_SAID:
        assert words in timeline, words
    secrets = all_secrets(here)
    del secrets["told"]  # job B was never told
    found = leaks(secrets, in_home(world.home.root))
    found += leaks(secrets, crawl(world, "/runs"))
    found += leaks(secrets, answers(world, run.id))
    found += leaks(secrets, ((" ".join(words), world.cli(*words).encode()) for words in COMMANDS))
    assert not found, "\n".join(found)


def test_a_run_of_a_working_tree_leaves_no_secret_anywhere(workplace: Workplace, here: Path, tmp_path: Path) -> None:
    write_pipeline(workplace.repo, here)
    done = workplace.call("run", code=1)
    secrets = all_secrets(here)
    del secrets["told"]
    texts = {" ".join(words): workplace.call(*words).stdout.encode() for words in COMMANDS}
    texts |= {"run": done.stdout.encode(), "run's errors": done.stderr.encode()}
    found = leaks(secrets, texts.items()) + leaks(secrets, in_home(tmp_path / "home"))
    assert not found, "\n".join(found)
    told = {"told": SECRETS["told"]}
    found = leaks(told, [text for text in in_home(tmp_path / "home") if "/One.B.1/" not in text[0]])
    assert not found, "\n".join(found)


KILLED = """\
variables: {SYSTEM_UNSAFEALLOWMULTILINESECRET: true}
steps:
- checkout: none
- bash: SAY define HERE
  name: make
- bash: echo '$(make.simple)'; kill -9 $PPID; sleep 100
"""


def test_a_runner_that_is_killed_leaves_no_secret_in_its_temporary_scripts(
    workplace: Workplace, here: Path, tmp_path: Path
) -> None:
    say = f"python3 {Path(__file__).with_name('say_secrets.py')}"
    workplace.write(KILLED.replace("SAY", say).replace("HERE", str(here)))
    done = workplace.call("run", code=1)
    assert "The runner process ended" in done.stdout
    found = leaks(SECRETS, in_home(tmp_path / "home"))
    assert not found, "\n".join(found)


def test_every_form_would_be_found(tmp_path: Path) -> None:
    """The sweep itself: a planted secret is seen in each of its forms."""
    for name, secret in SECRETS.items():
        (tmp_path / name).write_bytes(b"x" + secret.encode() + b"y")
        assert leaks({name: secret}, files(tmp_path))
