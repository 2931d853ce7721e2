"""Our own servers start, answer, restart and stop, and nobody else gets at them."""

import os
import shutil
import signal
import stat
import threading
import time
from pathlib import Path

import pytest
from tests.integration.embedded.use import process_of, processes, sql, streams, wait_until

from outcry.adapters.embedded import EmbeddedError, EmbeddedServers, Endpoints
from outcry.runtime.config import Config, Postgres, Redis
from outcry.runtime.data_dir import DataDirError


def test_a_first_start_gives_two_servers_that_keep_what_they_take(tmp_path: Path) -> None:
    """From nothing: PostgreSQL and Valkey answer, and after a stop they still have it."""
    config = Config(data_dir=str(tmp_path / "data"))
    with EmbeddedServers(config) as first:
        sql(first, "CREATE TABLE t (x int)", "INSERT INTO t VALUES (7) RETURNING x")
        with streams(first) as client:
            client.xadd("s", {"x": 7}, id="1-0")
    assert processes(tmp_path) == []

    with EmbeddedServers(config) as second:
        assert second == first
        assert sql(second, "SELECT x FROM t") == 7
        with streams(second) as client:
            assert client.xlen("s") == 1
    assert processes(tmp_path) == []


def test_settings_are_the_safe_ones(data: Path) -> None:
    """Commits are on disk, pages have checksums, a full Valkey refuses, and nothing hears TCP."""
    config = Config(data_dir=str(data), redis=Redis(memory_mib_max=64))
    with EmbeddedServers(config) as endpoints, streams(endpoints) as client:
        shown = {
            name: sql(endpoints, f"SELECT current_setting('{name}')")
            for name in ("fsync", "synchronous_commit", "data_checksums", "listen_addresses")
        }
        limits = client.config_get("maxmemory", "maxmemory-policy", "appendonly", "appendfsync")
        port = client.config_get("port")

    assert list(shown.values()) == ["on", "on", "on", ""]
    assert limits == {
        "maxmemory": str(64 * 1024 * 1024),
        "maxmemory-policy": "noeviction",
        "appendonly": "yes",
        "appendfsync": "everysec",
    }
    assert port == {"port": "0"}


def test_nobody_else_gets_in(data: Path) -> None:
    """Every folder is closed to others, and PostgreSQL asks even us for the password."""
    with EmbeddedServers(Config(data_dir=str(data))) as endpoints:
        folders = [data, *(p for p in data.iterdir() if p.is_dir())]
        modes = {stat.S_IMODE(folder.stat().st_mode) for folder in folders}
        wrong = endpoints.postgres_dsn.replace("outcry:", "outcry:x", 1)
        with pytest.raises(Exception, match="password authentication failed"):
            sql(Endpoints(wrong, ""), "SELECT 1")

    assert modes == {0o700}


def test_endpoints_are_shown_without_the_password() -> None:
    """The form that ends in logs has stars where the password was."""
    endpoints = Endpoints("postgresql://outcry:s3cret@/postgres?host=/x", "unix:///x")

    assert "s3cret" not in repr(endpoints)
    assert ":***@" in repr(endpoints)


def test_two_exchanges_live_side_by_side(data: Path, tmp_path: Path) -> None:
    """Different data folders do not know of each other."""
    copy = shutil.copytree(data, tmp_path / "copy")
    with (
        EmbeddedServers(Config(data_dir=str(data))) as one,
        EmbeddedServers(Config(data_dir=str(copy))) as other,
    ):
        sql(one, "CREATE TABLE only_here (x int)", "SELECT 1")

        assert sql(other, "SELECT to_regclass('only_here')") is None


def test_a_second_start_on_the_same_folder_is_refused(data: Path) -> None:
    """The sentence names folder and pid, and the first one goes on."""
    config = Config(data_dir=str(data))
    with EmbeddedServers(config) as endpoints:
        with pytest.raises(DataDirError, match=f"in use by a running exchange .pid {os.getpid()}"):
            EmbeddedServers(config).start()

        assert sql(endpoints, "SELECT 1") == 1


def test_servers_that_died_are_started_again(data: Path) -> None:
    """After kill -9 of both they are named dead, come back at the same place, keep their data."""
    servers = EmbeddedServers(Config(data_dir=str(data)))
    endpoints = servers.start()
    try:
        sql(endpoints, "CREATE TABLE t (x int)", "INSERT INTO t VALUES (7) RETURNING x")
        assert servers.alive()
        for program in ("postgres", "valkey-server"):
            os.kill(process_of(data, program), signal.SIGKILL)
        wait_until(lambda: len(servers.dead()) == 2, "both dead")

        assert sorted(servers.restart_dead()) == ["postgresql", "valkey"]
        assert servers.alive()
        assert sql(endpoints, "SELECT x FROM t") == 7
        with streams(endpoints) as client:
            assert client.ping()
    finally:
        servers.stop()


def test_servers_outlive_the_thread_that_asked_for_them(data: Path) -> None:
    """Linux ends a child with the thread that started it; ours are started from one that stays."""
    servers = EmbeddedServers(Config(data_dir=str(data)))
    asking = threading.Thread(target=servers.start)
    asking.start()
    asking.join()
    try:
        pid = process_of(data, "valkey-server")
        time.sleep(0.5)  # what a signal to the servers would need to do its work
        assert servers.alive()
        assert os.getsid(pid) != os.getsid(0), "Ctrl-C must not reach the servers"
    finally:
        servers.stop()


def test_what_is_configured_is_not_started(tmp_path: Path) -> None:
    """A DSN and a URL come back as they are, and no server runs."""
    config = Config(
        data_dir=str(tmp_path),
        postgres=Postgres(dsn="postgresql://db/x"),
        redis=Redis(url="redis://streams"),
    )
    with EmbeddedServers(config) as endpoints:
        assert endpoints == Endpoints("postgresql://db/x", "redis://streams")
        assert processes(tmp_path) == []


def test_a_failed_start_leaves_nothing_behind(tmp_path: Path) -> None:
    """Without PostgreSQL the Valkey that already ran is stopped and the folder is free."""
    empty = tmp_path / "nothing here"
    config = Config(data_dir=str(tmp_path / "data"), postgres=Postgres(bin_dir=str(empty)))

    for _ in range(2):
        with pytest.raises(EmbeddedError, match=r"no PostgreSQL found in .*nothing here"):
            EmbeddedServers(config).start()
        assert processes(tmp_path) == []


def test_a_wrong_program_is_named(tmp_path: Path) -> None:
    """A configured Valkey that is none ends in a sentence, not in a trace of the system."""
    config = Config(data_dir=str(tmp_path), redis=Redis(binary="/no/such"))

    with pytest.raises(EmbeddedError, match=r"redis.binary: /no/such is not a program"):
        EmbeddedServers(config).start()


def test_what_a_server_said_stands_in_the_sentence(data: Path) -> None:
    """When PostgreSQL refuses to start, its own last words come with the failure."""
    config = Config(data_dir=str(data))
    with EmbeddedServers(config):
        pass
    (data / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(EmbeddedError, match="unrecognized configuration parameter"):
        EmbeddedServers(config).start()


def test_a_cluster_of_another_version_is_refused(tmp_path: Path) -> None:
    """The sentence says which version made it, which ones are here, and the two ways out."""
    cluster = tmp_path / "postgres"
    cluster.mkdir(mode=0o700)
    (cluster / "PG_VERSION").write_text("9\n")

    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 9, but only .*18.* is here"):
        EmbeddedServers(Config(data_dir=str(tmp_path))).start()


def test_a_folder_of_other_things_is_not_touched(tmp_path: Path) -> None:
    """Where the cluster should go stands something else: refused, not overwritten."""
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "notes.txt").write_text("mine")

    with pytest.raises(EmbeddedError, match="is not empty and no cluster; move it away"):
        EmbeddedServers(Config(data_dir=str(tmp_path))).start()
