"""The home folder: where everything that Drivetrain keeps lies. Paths only; nothing is created here.

drivetrain.db          runs, events, projects                     store/
config.toml            settings of this home                      settings.py
token, secret.key      the owner's token; the keys that seal secrets, the newest first (both 0600)
server.json, server.log, server.lock
inbox/                 one small file per push, written by git hooks; read by the server, also after a downtime
mirrors/               a bare mirror per repository
runs/<id>/<job>/       one folder per job attempt: job.json, journal.jsonl, lock, cancel, logs/, work/, temp/
artifacts/<id>/<name>/ published artifacts
secure-files/          the secure files of the library, each sealed
tasks/                 task packages that were added                     run/packages/shelf.py
azure/                 the Azure edge: its certificates and keys (hosts/: those for Azure's own host names), and blobs
mlflow/                MLflow's own store, its artifacts, and the journal of hot writes
serving/               models in the form they are served in; for each endpoint its front's lock, logs, requests
cache/                 uv's cache, environments, interpreters, what the task Cache keeps: may be deleted at any time
"""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct


class Home(Struct, frozen=True):
    """The paths below one home folder."""

    root: Path

    @classmethod
    def default(cls) -> Home:
        """`DRIVETRAIN_HOME`, else where the system keeps a user's data: `~/.local/share/drivetrain` on Linux."""
        named = os.environ.get("DRIVETRAIN_HOME")
        if named:
            return cls(Path(named).expanduser().absolute())
        import platformdirs  # noqa: PLC0415 - not needed where the home is named

        return cls(platformdirs.user_data_path("drivetrain"))

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "drivetrain.db"

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.root / "config.toml"

    @property
    def token(self) -> Path:
        """The owner's bearer token."""
        return self.root / "token"

    @property
    def secret_key(self) -> Path:
        """The key that seals secrets at rest."""
        return self.root / "secret.key"

    @property
    def server_file(self) -> Path:
        """What the running server says of itself: pid, address."""
        return self.root / "server.json"

    @property
    def server_lock(self) -> Path:
        """Held by the one server of this home for as long as it lives."""
        return self.root / "server.lock"

    @property
    def server_log(self) -> Path:
        """The server's own log."""
        return self.root / "server.log"

    @property
    def inbox(self) -> Path:
        """Where git hooks leave word of a push."""
        return self.root / "inbox"

    @property
    def mirrors(self) -> Path:
        """Bare mirrors of the projects' repositories."""
        return self.root / "mirrors"

    @property
    def secure_files(self) -> Path:
        """The sealed files of the library."""
        return self.root / "secure-files"

    @property
    def tasks(self) -> Path:
        """The task packages that were added."""
        return self.root / "tasks"

    @property
    def cache(self) -> Path:
        """What can be made again."""
        return self.root / "cache"

    @property
    def mlflow(self) -> Path:
        """MLflow's store and our journal in front of it."""
        return self.root / "mlflow"

    @property
    def azure(self) -> Path:
        """Certificates, keys and blobs of the Azure edge."""
        return self.root / "azure"

    @property
    def serving(self) -> Path:
        """Endpoints: `models/` in the form they are served in, `endpoints/NAME/` for each front."""
        return self.root / "serving"

    def endpoint(self, name: str) -> Path:
        """The folder of one endpoint's front."""
        return self.serving / "endpoints" / name.lower()

    def run(self, run_id: int) -> Path:
        """The folder of one pipeline run."""
        return self.root / "runs" / str(run_id)

    def artifacts(self, run_id: int) -> Path:
        """The artifacts of one pipeline run."""
        return self.root / "artifacts" / str(run_id)
