"""Our own PostgreSQL: made once, started, watched, stopped.

A cluster appears in the data folder whole or not at all. It commits with fsync, speaks through one
socket in a private folder, and asks for a password even there.
"""

import os
import secrets as random
import shutil
import signal
import threading
from pathlib import Path
from urllib.parse import quote, urlencode

from outcry.adapters.embedded import binaries
from outcry.adapters.embedded.failure import EmbeddedError
from outcry.adapters.embedded.identity import Identity, not_root
from outcry.adapters.embedded.process import ServerProcess, Steps, wait_for_leftovers
from outcry.adapters.embedded.sockets import socket_folder
from outcry.runtime import secrets
from outcry.runtime.config import Postgres
from outcry.runtime.data_dir import DataDir


NAME = "postgresql"
USER = "outcry"
DATABASE = "postgres"
PROGRAMS = frozenset({"postgres", "initdb"})
#: Fast stop, then without a checkpoint: the next start replays the log.
STOP: Steps = ((signal.SIGINT, 10), (signal.SIGQUIT, 5))
_DRAFT = "postgres.new-"
_READY_LINE = 7
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",  # our queries are short
    # Fewer checkpoints: after each, the first change of every page is logged as the whole page.
    "max_wal_size": "2GB",
    "min_wal_size": "256MB",
}


class PostgresServer:
    """The PostgreSQL of one data folder."""

    name = NAME

    def __init__(self, config: Postgres, data_dir: DataDir, given_up: threading.Event) -> None:
        """Nothing is started yet."""
        self._config = config
        self._data_dir = data_dir
        self._cluster = data_dir.path / "postgres"
        self._sockets = socket_folder(data_dir)
        self._log = data_dir.folder("log") / "postgres.log"
        self._given_up = given_up
        self._password = secrets.password_file(data_dir.folder("secrets"), "postgres")
        self._process: ServerProcess | None = None

    def address(self) -> str:
        """Return the DSN, password included."""
        password = quote(secrets.read_secret(self._password).decode(), safe="")
        place = urlencode({"host": str(self._sockets)})
        return f"postgresql://{USER}:{password}@/{DATABASE}?{place}"

    def alive(self) -> bool:
        """Whether it was started and still runs."""
        return self._process is not None and self._process.alive()

    def pid(self) -> int | None:
        """Return the process id of the server that was started last."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it, with a new cluster if there is none; returns when it takes connections."""
        identity = not_root()
        wait_for_leftovers(self._cluster, PROGRAMS, self._given_up)
        self._remove_drafts()
        folder = binaries.postgres_folder(self._config.bin_dir, self._version())
        if self._version() is None:
            self._make_cluster(folder, identity)
        self._hand_over(identity)
        self._forget_the_dead()
        settings = _SETTINGS | {
            "unix_socket_directories": str(self._sockets),
            "shared_buffers": f"{self._config.shared_buffers_mib}MB",
        }
        command = [str(folder / "postgres"), "-D", str(self._cluster)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self._process = ServerProcess(command, identity, signal.SIGINT, self._log)
        self._process.wait(NAME, self._ready, self._given_up)

    def stop(self) -> None:
        """Stop it within a bound."""
        if self._process is not None:
            self._process.stop(STOP)

    def _version(self) -> str | None:
        """Return the major version that made the cluster; None if there is none."""
        try:
            return (self._cluster / "PG_VERSION").read_text("ascii").strip()
        except FileNotFoundError:
            pass
        if self._cluster.exists() and any(self._cluster.iterdir()):
            raise EmbeddedError(f"{self._cluster} is not empty and no cluster; move it away")
        return None

    def _make_cluster(self, folder: Path, identity: Identity) -> None:
        """Make the cluster beside its place and rename it: a kill leaves a draft, never a half."""
        draft = self._data_dir.path / f"{_DRAFT}{random.token_hex(8)}"
        command = [str(folder / "initdb"), "-D", str(draft), "-U", USER, "--encoding=UTF8"]
        command += ["--auth=scram-sha-256", f"--pwfile={self._password}"]
        command += ["--no-locale", "--data-checksums"]
        initdb = ServerProcess(command, identity, signal.SIGKILL, self._log)
        initdb.finish("initdb", self._given_up)
        draft.replace(self._cluster)
        parent = os.open(self._data_dir.path, os.O_RDONLY)
        try:
            os.fsync(parent)
        finally:
            os.close(parent)

    def _remove_drafts(self) -> None:
        for draft in self._data_dir.path.glob(f"{_DRAFT}*"):
            wait_for_leftovers(draft, PROGRAMS, self._given_up)
            shutil.rmtree(draft, ignore_errors=True)

    def _hand_over(self, identity: Identity) -> None:
        """Let the cluster belong to *identity*, as PostgreSQL demands."""
        owner = self._cluster.stat().st_uid
        if owner == identity.owner_uid:
            return
        if os.geteuid() != 0:
            raise EmbeddedError(f"{self._cluster} belongs to user {owner}, not to us")
        for folder, _, files in os.walk(self._cluster):
            for name in (".", *files):
                path = Path(folder, name)
                os.chown(path, identity.owner_uid, identity.owner_gid, follow_symlinks=False)

    def _forget_the_dead(self) -> None:
        """Remove what a killed server left: its pid may be somebody else's by now."""
        for path in (self._cluster / "postmaster.pid", *self._sockets.glob(".s.PGSQL.*")):
            path.unlink(missing_ok=True)

    def _ready(self) -> bool:
        """Whether the server that we started says that it takes connections."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text("utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > _READY_LINE and lines[_READY_LINE].strip() == "ready"
