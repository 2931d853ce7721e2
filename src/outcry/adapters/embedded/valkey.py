"""Our own Valkey: started, watched, stopped. What it holds can always be produced again."""

import signal
import socket
import threading
import time
from pathlib import Path
from urllib.parse import quote

from outcry.adapters.embedded import binaries
from outcry.adapters.embedded.failure import EmbeddedError
from outcry.adapters.embedded.identity import ourselves
from outcry.adapters.embedded.process import ServerProcess, Steps, wait_for_leftovers
from outcry.adapters.embedded.sockets import socket_folder
from outcry.runtime.config import Redis
from outcry.runtime.data_dir import DataDir
from outcry.runtime.logging import get_logger


NAME = "valkey"
PROGRAMS = frozenset({"valkey-server", "redis-server", "valkey-check-rdb", "redis-check-rdb"})
STOP: Steps = ((signal.SIGTERM, 5),)
_SOCKET = "redis.sock"
_PING_SECONDS = 1.0
_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    # A full server refuses to write rather than forget what somebody has yet to read.
    "maxmemory-policy": "noeviction",
}


class ValkeyServer:
    """The Valkey of one data folder."""

    name = NAME

    def __init__(self, config: Redis, data_dir: DataDir, given_up: threading.Event) -> None:
        """Nothing is started yet."""
        self._config = config
        self._data_dir = data_dir
        self._folder = data_dir.folder("redis")
        self._socket = socket_folder(data_dir) / _SOCKET
        self._log = data_dir.folder("log") / "valkey.log"
        self._given_up = given_up
        self._process: ServerProcess | None = None

    def address(self) -> str:
        """Return the URL."""
        return f"unix://{quote(str(self._socket))}?db=0"

    def alive(self) -> bool:
        """Whether it was started and still runs."""
        return self._process is not None and self._process.alive()

    def pid(self) -> int | None:
        """Return the process id of the server that was started last."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it; returns when it answers. Data that it cannot read is set aside."""
        self._data_dir.folder("redis")  # it may have been removed: nothing in it is needed
        wait_for_leftovers(self._folder, PROGRAMS, self._given_up)
        binary = binaries.redis_binary(self._config.binary)
        try:
            self._run(binary)
        except EmbeddedError as error:
            if self.alive() or not any(self._folder.iterdir()):
                raise
            damaged = self._data_dir.path / f"redis.damaged-{time.time_ns()}"
            get_logger().error("setting unreadable streams aside", at=str(damaged), why=str(error))
            self._folder.replace(damaged)
            self._data_dir.folder("redis")
            self._run(binary)

    def stop(self) -> None:
        """Stop it within a bound."""
        if self._process is not None:
            self._process.stop(STOP)

    def _run(self, binary: Path) -> None:
        self._socket.unlink(missing_ok=True)
        settings = _SETTINGS | {
            "dir": str(self._folder),
            "unixsocket": str(self._socket),
            "maxmemory": f"{self._config.memory_mib_max}mb",
        }
        command = [str(binary)]
        for name, value in settings.items():
            command += [f"--{name}", value]
        self._process = ServerProcess(command, ourselves(), signal.SIGTERM, self._log)
        self._process.wait(NAME, self._ready, self._given_up)

    def _ready(self) -> bool:
        """Whether it answers; while it reads its file it says LOADING instead."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_PING_SECONDS)
            try:
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False
