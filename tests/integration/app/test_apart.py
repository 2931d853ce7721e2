"""Every service in a process of its own, against servers that somebody else runs."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.support.exchange import COMMAND, SETTINGS, Client, wait_until

from outcry.adapters.embedded import EmbeddedServers, Endpoints
from outcry.app.credentials import new_token
from outcry.app.processes import SERVICES
from outcry.app.settings import free_port
from outcry.runtime.config import load


pytestmark = pytest.mark.timeout(600)  # several starts, on whatever machine
HOST = "127.0.0.1"
OWN_PORTS = tuple(name for name in SETTINGS if name.endswith("_PORT") and "GRPC" not in name)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Endpoints]:
    """Give a PostgreSQL and a Valkey that belong to no exchange."""
    environ = {**SETTINGS, "OUTCRY_DATA_DIR": str(tmp_path / "servers")}
    with EmbeddedServers(load(environ=environ)) as endpoints:
        yield endpoints


class Apart:
    """One process for each service, on shared settings and ports of their own."""

    def __init__(self, folder: Path, servers: Endpoints) -> None:
        self._folder = folder
        self.environ = {
            **{name: text for name, text in os.environ.items() if not name.startswith("OUTCRY_")},
            "OUTCRY_DATA_DIR": str(folder / "data"),
            "OUTCRY_POSTGRES_DSN": servers.postgres_dsn,
            "OUTCRY_REDIS_URL": servers.redis_url,
            "OUTCRY_GRPC_PORT": str(free_port(HOST)),
            "OUTCRY_SHARDS_COUNT": "2",
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._clients: list[Client] = []
        self._http: dict[str, int] = {}

    def start(self, name: str) -> None:
        """Start one service."""
        self._http[name] = free_port(HOST)
        own = {"OUTCRY_HTTP_PORT": str(self._http[name])}
        for setting in (
            "FEEDS",
            "METRICS_CORE",
            "METRICS_MATCH",
            "METRICS_EDGE",
            "METRICS_HISTORY",
        ):
            own[f"OUTCRY_{setting}_PORT"] = str(free_port(HOST))
        with (self._folder / f"{name}.log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                [*COMMAND, "run", name], env={**self.environ, **own}, stderr=log
            )

    def wait_ready(self, name: str) -> None:
        """Return when the door *name* says that it can serve."""
        url = f"http://{HOST}:{self._http[name]}/readyz"
        wait_until(lambda: _ok(url), self._ended)

    def client(self, name: str, user: str, *, admin: bool = False) -> Client:
        """Return a client of the door *name*."""
        config = load(environ={"OUTCRY_DATA_DIR": self.environ["OUTCRY_DATA_DIR"]})
        token = new_token(config, user, admin=admin, ttl="1h")
        self._clients.append(Client(f"http://{HOST}:{self._http[name]}", token))
        return self._clients[-1]

    def stop(self) -> dict[str, int]:
        """Stop every service; returns the exit codes."""
        for client in self._clients:
            client.http.close()
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        return {name: process.wait(60) for name, process in self._processes.items()}

    def _ended(self) -> str:
        for name, process in self._processes.items():
            if process.poll() is not None:
                text = (self._folder / f"{name}.log").read_text()[-2_000:]
                return f"{name} ended with {process.returncode}:\n{text}"
        return ""


@pytest.fixture
def apart(tmp_path: Path, servers: Endpoints) -> Iterator[Apart]:
    """Give services that are not started yet; they end whatever happens."""
    made = Apart(tmp_path, servers)
    try:
        yield made
    finally:
        made.stop()


def test_ten_services_in_ten_processes_are_one_exchange(apart: Apart) -> None:
    """Started in the wrong order, they serve an event, a user and orders on both shards."""
    for name in reversed(SERVICES):
        apart.start(name)
    apart.wait_ready("api")
    apart.wait_ready("event")
    operator = apart.client("event", "operator", admin=True)
    ann = apart.client("api", "ann")
    user_id = ann.get("/api/user_data")["id"]
    operator.post("/api/admin/deposits", {"user_id": user_id, "amount": "9", "tx_hash": "1"})
    markets = [{"market_identifier": name, "question": "?"} for name in ("odd", "even")]
    event = {"event_identifier": "apart", "title": "Apart", "markets": markets}
    assert ann.refused("/api/admin/events", event)["name"] == "ROUTE_UNKNOWN"
    listed = operator.post("/api/admin/events", event)
    query = {"event_id": listed["event_id"]}
    wait_until(
        lambda: ann.http.get("/api/event_detail", params=query).status_code == httpx.codes.OK
    )
    for market in ann.get("/api/event_detail", **query)["markets"]:
        order = {**query, "market_id": market["market_id"], "side": "buy", "quantity": "1"}
        order |= {"order_type": "limit", "price": "0.5", "token_id": market["outcome_0_token_id"]}
        placed = ann.post("/api/place_order", order, wait="result")
        assert placed["result_n"] > placed["n"]
    done = subprocess.run([*COMMAND, "verify"], env=apart.environ, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    assert b"2 markets, 0 fills, 2 open orders" in done.stdout
    assert set(apart.stop().values()) == {0}


def _ok(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
