"""MLflow's SQLite file: made, or brought up to date, by MLflow's own migrations, before its server opens it.

A new file is made beside the real place and renamed, so that a process killed in between leaves nothing
half made; and it is made without waiting for the disk, which is where its time went.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from drivetrain.errors import CorruptError

if TYPE_CHECKING:
    from pathlib import Path


def prepare_database(path: Path) -> None:
    """Make the file if it is not there, migrate it if it is of an older MLflow.

    Raises:
        CorruptError: it was written by a newer MLflow than the installed one, or is no database of MLflow.
    """
    if not path.exists():
        _make(path)
        return
    head = _newest_revision()
    if _revision(path) != head:
        _migrate(path)


def _make(path: Path) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    _run_migrations(fresh, "_safe_initialize_tables")
    with closing(sqlite3.connect(fresh)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")  # stays with the file: readers do not wait for the writer
    try:
        os.link(fresh, path)  # unlike a rename, this never replaces what another process made meanwhile
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _migrate(path: Path) -> None:
    if _revision(path) not in _known_revisions():
        raise CorruptError(
            f"{path} is not a database of the installed MLflow or of an older one",
            hint="install the MLflow that wrote it, or move the file away to begin anew",
        )
    copy = path.with_name(f"{path.name}.before-migration")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy2(path, copy)
    _run_migrations(path, "_upgrade_db")


def _run_migrations(path: Path, how: str) -> None:
    """Run what MLflow's own store does on a new file, or what `mlflow db upgrade` does."""
    import sqlalchemy  # noqa: PLC0415 - heavy, the worker's only
    from mlflow.store.db import utils  # noqa: PLC0415

    engine = sqlalchemy.create_engine(f"sqlite:///{path}")

    @sqlalchemy.event.listens_for(engine, "connect")
    def _do_not_wait_for_the_disk(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    try:
        getattr(utils, how)(engine)
    finally:
        engine.dispose()


def _revision(path: Path) -> str | None:
    try:
        with closing(sqlite3.connect(path)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError:
        return None
    return str(row[0]) if row else None


def _scripts() -> Any:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - heavy, the worker's only
    from mlflow.store.db import utils  # noqa: PLC0415

    return ScriptDirectory.from_config(utils._get_alembic_config(""))  # noqa: SLF001


def _newest_revision() -> str:
    return str(_scripts().get_current_head())


def _known_revisions() -> set[str]:
    return {str(script.revision) for script in _scripts().walk_revisions()}
