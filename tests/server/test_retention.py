"""The server removes what is kept no longer, by itself."""

from __future__ import annotations

import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

from drivetrain.store.database import Database
from tests.server.conftest import COMMAND, wait_for

if TYPE_CHECKING:
    from tests.server.conftest import World

PUBLISH = """
steps:
- checkout: none
- bash: echo 1 > note
- publish: note
  artifact: note
"""


def test_a_server_removes_old_runs_when_it_comes_up_and_only_those(world: World) -> None:
    world.repository(PUBLISH)
    world.commit()
    for _ in range(3):
        subprocess.run([COMMAND, "run", "--quiet"], cwd=world.work, env=world.environment, check=True)
    with closing(Database(world.home.database).connect()) as connection:
        connection.execute("UPDATE runs SET finished_at = '2020-01-01T00:00:00.000Z' WHERE id < 3")
    world.cli("keep", "2", "--reason", "proof")
    world.home.config.write_text("retention_recent = 0\n")
    world.up()
    wait_for(lambda: [run.id for run in world.ended()] == [3, 2], "run 1 to be removed")
    wait_for(lambda: not world.home.run(1).exists(), "its folder to be gone")
    assert not world.home.artifacts(1).exists()
    assert (world.home.artifacts(2) / "note" / "note").is_file()
    assert "removed run 1 (30 days)" in world.log()
