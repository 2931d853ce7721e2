"""Every service in a process of its own, against servers that somebody else runs."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Final

import httpx
from tests.support.exchange import COMMAND, LISTENING, Client, wait_until
from tests.support.ports import free_port

from outcry.adapters.embedded import Endpoints
from outcry.app.credentials import new_token
from outcry.runtime.config import load


HOST: Final = "127.0.0.1"


class Apart:
    """One process for each service, on shared settings and ports of their own."""

    def __init__(self, folder: Path, servers: Endpoints) -> None:
        self._folder = folder
        self.environ = {
            **{name: text for name, text in os.environ.items() if not name.startswith("OUTCRY_")},
            "OUTCRY_DATA_DIR": str(folder / "data"),
            "OUTCRY_POSTGRES_DSN": servers.postgres_dsn,
            "OUTCRY_REDIS_URL": servers.redis_url,
            "OUTCRY_GRPC_PORT": str(free_port()),
            "OUTCRY_SHARDS_COUNT": "2",
            # On a busy machine tables are late, and no read may be declined for that.
            "OUTCRY_LIMITS_READ_WAIT_MS_MAX": "60000",
            # So that every service has something to do.
            "OUTCRY_SETTLEMENT_MODE": "chain",
            "OUTCRY_SETTLEMENT_BLOCK_MS": "200",
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._clients: list[Client] = []
        self._http: dict[str, int] = {}

    def start(self, service: str, name: str = "", **settings: str) -> subprocess.Popen[bytes]:
        """Start one service or group, under a *name* if there are several, with its *settings*."""
        name = name or service
        self._http.setdefault(name, free_port())
        own = {f"OUTCRY_{setting}_PORT": str(free_port()) for setting in LISTENING}
        settings["OUTCRY_HTTP_PORT"] = str(self._http[name])
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [*COMMAND, "run", service], env={**own, **self.environ, **settings}, stderr=log
            )
        return self._processes[name]

    def log(self, name: str) -> str:
        """Return what *name* said so far."""
        return (self._folder / f"{name}.log").read_text()

    def wait_said(self, name: str, words: str) -> None:
        """Return when *name*, which must not end, has said *words*."""
        wait_until(lambda: words in self.log(name), lambda: self._ended(name))

    def wait_ready(self, name: str) -> None:
        """Return when the door *name* says that it can serve."""
        url = f"http://{HOST}:{self._http[name]}/readyz"
        wait_until(lambda: _ok(url), lambda: self._ended(*self._processes))

    def client(self, name: str, user: str, *, admin: bool = False) -> Client:
        """Return a client of the door *name*."""
        url = f"http://{HOST}:{self._http[name]}"
        self._clients.append(Client(url, self.token(user, admin=admin)))
        return self._clients[-1]

    def command(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run an `outcry` command beside the door *name*, on the same settings."""
        environ = {**self.environ, "OUTCRY_HTTP_PORT": str(self._http[name])}
        return subprocess.run(
            [*COMMAND, *arguments], env=environ, capture_output=True, text=True, check=False
        )

    def token(self, user: str, *, admin: bool = False) -> str:
        """Return a token for a trader, or for an operator."""
        config = load(environ={"OUTCRY_DATA_DIR": self.environ["OUTCRY_DATA_DIR"]})
        return new_token(config, user, admin=admin, ttl="1h")

    def stop(self) -> dict[str, int]:
        """Stop every service; returns the exit codes."""
        for client in self._clients:
            client.http.close()
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGCONT)
        return {name: process.wait(180) for name, process in self._processes.items()}

    def told(self) -> str:
        """Return what helps to understand a failure."""
        return "\n".join(f"{name}:\n{self.log(name)[-4_000:]}" for name in self._processes)

    def _ended(self, *names: str) -> str:
        for name, process in self._processes.items():
            if name in names and process.poll() is not None:
                return f"{name} ended with {process.returncode}:\n{self.log(name)[-2_000:]}"
        return ""


def _ok(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
