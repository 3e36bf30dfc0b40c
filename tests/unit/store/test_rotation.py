"""A new key for all that is sealed: nothing is lost, whenever the process is killed, and the old key opens nothing."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet, InvalidToken

from drivetrain.errors import ConflictError, CorruptError
from drivetrain.home import Home
from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.run.model import JobRef
from drivetrain.source.model import Project
from drivetrain.store.rotation import SEALED, Rotator
from drivetrain.store.vault import FileVault
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIPELINE = """
steps:
- checkout: none
- bash: echo "##vso[task.setvariable variable=password;isSecret=true;isOutput=true]$(printf '%s-%s' hunter twelve)"
  name: make
"""
URL = "https://ada:pass-word@git.example.com/shop.git"
SECRETS = {f"s{number}": f"secret number {number}" for number in range(40)}
OUTPUT = "hunter-twelve"
GROUP, FILE = ItemKind.VARIABLE_GROUP, ItemKind.SECURE_FILE


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with something sealed at every place there is."""
    folder = tmp_path_factory.mktemp("rotation")
    repository = folder / "repository"
    repository.mkdir()
    (repository / "azure-pipelines.yml").write_text(PIPELINE)
    environment = {**os.environ, "DRIVETRAIN_HOME": str(folder / "home"), "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "init", "-q"], cwd=repository, env=environment, check=True)
    subprocess.run([sys.executable, "-m", "drivetrain", "run", "-q"], cwd=repository, env=environment, check=True)
    storage = Storage(Home(folder / "home"))
    storage.projects.add(Project(0, "shop", URL, "main"), {})
    storage.library.add(GROUP, "keys", Edit(secret=SECRETS))
    storage.library.add(FILE, "blob", Edit(content=bytes(range(256)) * 500))
    storage.runs.close()
    return folder / "home"


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Home:
    shutil.copytree(filled, tmp_path / "home")
    return Home(tmp_path / "home")


def everything_opens(home: Home) -> None:
    storage = Storage(home)
    group = storage.library.group("", "keys")
    assert {name: each.value for name, each in group.variables.items()} == SECRETS
    file = storage.library.secure_file("", "blob")
    assert storage.sealed_files.read(file.ticket) == bytes(range(256)) * 500
    assert storage.projects.named("shop").url == URL
    (job,) = [record for record in storage.runs.jobs(1) if record.ref == JobRef("__default", "Job")]
    assert storage.vault.open(job.outputs["make.password"]) == OUTPUT
    storage.runs.close()


def tokens(home: Home) -> Iterator[str]:
    """Everything sealed in any file of the home, and in the rows of its database."""
    storage = Storage(home)
    connection = storage.database.connections.get()
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for row in connection.execute(f"SELECT * FROM {table}").fetchall():
            yield from (found for value in row for found in SEALED.findall(str(value)))
    storage.runs.close()
    for path in home.root.rglob("*"):
        if path.is_file() and "drivetrain.db" not in path.name:
            yield from SEALED.findall(path.read_bytes().decode("utf-8", "replace"))


def opened_by(key: str, home: Home) -> int:
    fernet, count = Fernet(key), 0
    for token in tokens(home):
        try:
            fernet.decrypt(token.removeprefix("sealed:"))
            count += 1
        except InvalidToken:
            continue
    return count


def test_everything_is_sealed_by_the_new_key_and_the_old_one_opens_nothing(home: Home) -> None:
    (old,) = FileVault(home.secret_key).keys()
    sealed = len(list(tokens(home)))
    assert opened_by(old, home) == sealed
    assert sealed >= len(SECRETS) + 5  # a file, a project, an output with its event and its journal
    done = Storage(home).rotator.rotate()
    assert (done.sealed_anew, done.old_keys, done.waits_for) == (sealed, 0, ())
    (new,) = FileVault(home.secret_key).keys()
    assert new != old
    assert opened_by(old, home) == 0
    assert opened_by(new, home) == sealed
    everything_opens(home)
    assert home.secret_key.stat().st_mode & 0o777 == 0o600


def test_a_journal_stays_as_long_as_it_was(home: Home) -> None:
    (journal,) = home.root.glob("runs/*/*/journal.jsonl")
    before = journal.read_bytes()
    Storage(home).rotator.rotate()
    assert len(journal.read_bytes()) == len(before)
    assert re.sub(SEALED, "", journal.read_text()) == re.sub(SEALED, "", before.decode())


def test_the_old_key_is_kept_while_a_run_is_under_way(home: Home) -> None:
    storage = Storage(home)
    connection = storage.database.connections.get()
    connection.execute("UPDATE runs SET state = 'running'")
    old_vault = FileVault(home.secret_key)
    done = storage.rotator.rotate()
    assert (done.old_keys, done.waits_for) == (1, (1,))
    everything_opens(home)
    connection.execute("UPDATE runs SET state = 'completed'")
    late = old_vault.seal("from a job that was under way")
    assert FileVault(home.secret_key).open(late) == "from a job that was under way"
    done = storage.rotator.finish()
    assert (done.old_keys, done.waits_for) == (0, ())
    everything_opens(home)


def test_whoever_has_used_the_old_key_seals_by_the_new_one_and_opens_both(home: Home) -> None:
    other = FileVault(home.secret_key)
    before = other.seal("before")
    Storage(home).rotator.rotate()
    assert other.open(before) == "before"  # read from the store a moment ago
    assert FileVault(home.secret_key).open(other.seal("after")) == "after"
    with pytest.raises(CorruptError):
        FileVault(home.secret_key).open(before)


def test_two_at_once_are_one_too_many(home: Home) -> None:
    storage = Storage(home)
    with storage.rotator._alone(), pytest.raises(ConflictError, match="is being changed just now"):
        Rotator(home, storage.database, storage.vault).rotate()


@pytest.mark.parametrize("round_", range(4))
def test_a_kill_at_any_moment_loses_nothing(home: Home, round_: int) -> None:
    chance = random.Random(round_)
    environment = {**os.environ, "DRIVETRAIN_HOME": str(home.root)}
    script = (
        "import sys; from drivetrain.home import Home; from drivetrain.wire.storage import Storage\n"
        "from pathlib import Path\nimport cryptography.fernet\nstorage = Storage(Home(Path(sys.argv[1])))\n"
        "print('ready', flush=True)\nwhile True: storage.rotator.rotate()\n"
    )
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", script, str(home.root)], env=environment, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.random() * 0.15)  # not waited for: the moment is to be any
            process.send_signal(signal.SIGKILL)
        everything_opens(home)
    done = Storage(home).rotator.finish()
    assert done.old_keys == 0
    (key,) = FileVault(home.secret_key).keys()
    assert opened_by(key, home) == len(list(tokens(home)))
    assert sorted(path.name for path in home.root.glob("secret.key*")) == ["secret.key", "secret.key.lock"]
    everything_opens(home)


class KilledError(BaseException):
    """Stands for a kill -9 at exactly this point."""


POINTS = ["add_key", "_database_anew", "_journals_anew", "_secure_files_anew", "forget_old_keys"]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("point", POINTS)
def test_it_may_be_broken_off_at_each_of_its_steps(
    home: Home, monkeypatch: pytest.MonkeyPatch, point: str, *, before: bool
) -> None:
    owner = FileVault if hasattr(FileVault, point) else Rotator
    original = getattr(owner, point)

    def broken(*arguments: object) -> None:
        if not before:
            original(*arguments)
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(owner, point, broken)
        with pytest.raises(KilledError):
            Storage(home).rotator.rotate()
    everything_opens(home)
    assert Storage(home).rotator.finish().old_keys == 0
    everything_opens(home)
