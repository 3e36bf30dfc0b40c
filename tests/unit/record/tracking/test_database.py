"""MLflow's database file, made and migrated by MLflow's own migrations, each in a process like the worker's."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PREPARE = (
    "import sys, pathlib\nfrom drivetrain.record.tracking.database import prepare_database\n"
    "prepare_database(pathlib.Path(sys.argv[1]))\n"
)
PLAIN = (
    "import sys\nfrom mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore\n"
    "SqlAlchemyStore('sqlite:///' + sys.argv[1], 'mlflow-artifacts:/')\n"
)


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments], check=False, capture_output=True, text=True
    )


def schema(path: Path) -> list[list[str]]:
    """What was said of each table and index; the order of constraints differs from run to run."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return sorted(sorted(part.strip(" ,\t") for part in row[0].split("\n")) for row in rows)


def revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        return str(database.execute("SELECT version_num FROM alembic_version").fetchone()[0])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "mlflow.db"
    done = python(PREPARE, str(path))
    assert done.returncode == 0, done.stderr
    return path


def test_a_new_file_is_what_mlflow_itself_would_make(made: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.db"
    assert python(PLAIN, str(plain)).returncode == 0
    assert schema(made) == schema(plain)
    assert revision(made) == revision(plain)


def test_nothing_is_left_beside_a_new_file(made: Path) -> None:
    assert [path.name for path in made.parent.iterdir()] == ["mlflow.db"]
    with closing(sqlite3.connect(made)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_that_is_up_to_date_is_left_alone(made: Path) -> None:
    before = made.read_bytes()
    assert python(PREPARE, str(made)).returncode == 0
    assert made.read_bytes() == before


def test_a_file_of_a_newer_mlflow_is_refused_and_left_alone(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    path.write_bytes(made.read_bytes())
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'fromthefuture'")
    done = python(PREPARE, str(path))
    assert done.returncode != 0
    assert "not a database of the installed MLflow or of an older one" in done.stderr
    assert revision(path) == "fromthefuture"


def test_a_file_of_an_older_mlflow_is_migrated_after_a_copy_was_made(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    old = (
        "import sys, sqlalchemy\nfrom alembic import command\nfrom mlflow.store.db import utils\n"
        "engine = sqlalchemy.create_engine('sqlite:///' + sys.argv[1])\n"
        "utils.InitialBase.metadata.create_all(engine)\n"
        "config = utils._get_alembic_config('sqlite:///' + sys.argv[1])\n"
        "with engine.begin() as connection:\n"
        "    config.attributes['connection'] = connection\n"
        "    command.upgrade(config, '728d730b5ebd')\n"  # MLflow 1.3, the year of Python 3.6
    )
    done = python(old, str(path))
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("INSERT INTO experiments (experiment_id, name, lifecycle_stage) VALUES (5, 'old', 'active')")
    done = python(PREPARE, str(path))
    assert done.returncode == 0, done.stderr
    assert revision(path.with_name("mlflow.db.before-migration")) == "728d730b5ebd"
    assert revision(path) != "728d730b5ebd"
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT name FROM experiments WHERE experiment_id = 5").fetchone() == ("old",)
