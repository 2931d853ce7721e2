"""Kill -9 at any moment leaves no process, no half cluster, and nothing that stops a next start."""

import os
import signal
import socket
from pathlib import Path

import pytest
from tests.integration.embedded.use import (
    endpoints_of,
    parent,
    process_of,
    processes,
    sql,
    streams,
    wait_until,
)

from outcry.adapters.embedded import EmbeddedServers
from outcry.adapters.embedded import process as server_process
from outcry.runtime.config import Config


def test_no_server_outlives_a_killed_exchange(data: Path) -> None:
    """Kill -9 of the parent: its servers end by themselves, the next start has the data."""
    with parent(data) as process:
        endpoints = endpoints_of(process)
        sql(endpoints, "CREATE TABLE t (x int)", "INSERT INTO t VALUES (7) RETURNING x")
        process.kill()
        wait_until(lambda: not processes(data), "servers of a killed parent end")

    with EmbeddedServers(Config(data_dir=str(data))) as again:
        assert sql(again, "SELECT x FROM t") == 7


def test_a_start_right_after_a_kill_waits_for_what_is_still_ending(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped PostgreSQL of a killed parent is waited for, then ended; then ours starts."""
    monkeypatch.setattr(server_process, "LEFTOVER_SECONDS_MAX", 0.3)
    with parent(data) as process:
        endpoints_of(process)
        old = process_of(data, "postgres")
        os.kill(old, signal.SIGSTOP)
        process.kill()
    try:
        assert old in processes(data)

        with EmbeddedServers(Config(data_dir=str(data))) as endpoints:
            assert old not in processes(data)
            assert sql(endpoints, "SELECT 1") == 1
    finally:
        for pid in processes(data):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("moment", ["draft", "base"])
def test_a_kill_while_the_cluster_is_made_leaves_no_half_one(tmp_path: Path, moment: str) -> None:
    """Killed at two moments of initdb: no cluster is there, the next start makes a whole one."""
    pattern = "postgres.new-*" if moment == "draft" else f"postgres.new-*/{moment}"
    with parent(tmp_path) as process:
        wait_until(lambda: any(tmp_path.glob(pattern)), "initdb has begun")
        process.kill()
    assert not (tmp_path / "postgres").exists()

    with EmbeddedServers(Config(data_dir=str(tmp_path))) as endpoints:
        assert sql(endpoints, "SELECT 1") == 1
    assert not list(tmp_path.glob("postgres.new-*"))


def test_leftovers_of_a_crash_do_not_stop_a_start(data: Path) -> None:
    """A pid file whose number is somebody else's by now, and dead sockets, are no obstacle."""
    config = Config(data_dir=str(data))
    with EmbeddedServers(config):
        pass
    stale = f"{os.getppid()}\n{data}/postgres\n1\n5432\n{data}/run\n\n1 1\nready\n"
    (data / "postgres" / "postmaster.pid").write_text(stale)
    (data / "run" / ".s.PGSQL.5432.lock").write_text(stale)
    for name in (".s.PGSQL.5432", "redis.sock"):
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(data / "run" / name))

    with EmbeddedServers(config) as endpoints, streams(endpoints) as client:
        assert sql(endpoints, "SELECT 1") == 1
        assert client.ping()


def test_streams_that_cannot_be_read_are_set_aside(data: Path) -> None:
    """A damaged file of Valkey is kept beside and an empty one takes its place."""
    config = Config(data_dir=str(data))
    with EmbeddedServers(config) as endpoints, streams(endpoints) as client:
        client.set("x", 1)
    (part,) = (data / "redis" / "appendonlydir").glob("*.incr.aof")
    part.write_bytes(b"*3\r\nnonsense" * 100 + part.read_bytes())

    with EmbeddedServers(config) as endpoints, streams(endpoints) as client:
        assert client.get("x") is None
    assert len(list(data.glob("redis.damaged-*"))) == 1
