"""Root, an ordinary user, and root without user namespaces: PostgreSQL runs for each."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.integration.embedded.use import (
    endpoints_of,
    parent,
    process_of,
    processes,
    sql,
    wait_until,
)

from outcry.adapters.embedded import EmbeddedError, EmbeddedServers, identity
from outcry.runtime.config import Config
from outcry.runtime.data_dir import DataDir


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="is about being root")
OTHER_SYSTEM = """
import runpy, sys
sys.platform, sys.argv[:] = "other", sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def without_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process believe that the system forbids user namespaces."""
    monkeypatch.setattr(identity, "may_enter", lambda _: False)


@as_root
def test_for_root_nothing_belongs_to_anybody_else(tmp_path: Path) -> None:
    """Inside a user namespace PostgreSQL is content and its files stay root's."""
    if not identity.not_root().argument.startswith("namespace"):
        pytest.skip("this system forbids user namespaces")

    with EmbeddedServers(Config(data_dir=str(tmp_path))) as endpoints:
        assert sql(endpoints, "SELECT 1") == 1
    assert {path.lstat().st_uid for path in tmp_path.rglob("*")} == {0}


@as_root
def test_root_without_namespaces_gives_the_cluster_away(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL really runs as somebody else, below a folder that only root may enter."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    data.rename(closed / "data")
    without_namespaces(monkeypatch)
    uid = identity.not_root().owner_uid

    with EmbeddedServers(Config(data_dir=str(closed / "data"))) as endpoints:
        assert sql(endpoints, "SELECT 1") == 1
        server = Path(f"/proc/{process_of(closed, 'postgres')}")
        assert server.stat().st_uid == uid != 0
    assert (closed / "data" / "postgres").stat().st_uid == uid


@as_root
def test_a_cluster_changes_hands_with_the_way_it_is_run(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster serves without namespaces, with them, and without them again."""
    config = Config(data_dir=str(data))
    for forbidden in (True, False, True):
        with monkeypatch.context() as patch:
            if forbidden:
                without_namespaces(patch)
            with EmbeddedServers(config) as endpoints:
                assert sql(endpoints, "SELECT 1") == 1


@as_root
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare to become ordinary")
def test_an_ordinary_user_needs_no_tricks(tmp_path: Path) -> None:
    """A process that is not root, and may not become anything, starts and stops its servers."""
    ordinary = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
    if subprocess.run([*ordinary, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system forbids user namespaces")

    with parent(tmp_path, *ordinary) as process:
        endpoints = endpoints_of(process)
        assert sql(endpoints, "SELECT 1") == 1
        process.communicate("")
    assert process.returncode == 0
    assert processes(tmp_path) == []


def test_a_long_path_gets_its_sockets_elsewhere(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A data folder too deep for a socket's address serves from a short private folder."""
    deep = data.rename(tmp_path / ("d" * 100))

    with TemporaryDirectory() as runtime:
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        with EmbeddedServers(Config(data_dir=str(deep))) as endpoints:
            assert sql(endpoints, "SELECT 1") == 1
            (short,) = Path(runtime).glob("outcry-*")
        assert short.stat().st_mode & 0o777 == 0o700


def test_a_socket_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    """Whoever can reach the socket could speak to the server."""
    (DataDir(tmp_path).path / "run").mkdir()
    (tmp_path / "run").chmod(0o755)

    with pytest.raises(EmbeddedError, match="run lets others in; chmod it to 0700 or remove it"):
        EmbeddedServers(Config(data_dir=str(tmp_path))).start()


def test_a_socket_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """A link could lead into somebody else's folder."""
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(EmbeddedError, match="run is in the way"):
        EmbeddedServers(Config(data_dir=str(tmp_path))).start()


def test_elsewhere_than_linux_the_guard_watches_for_its_parent(tmp_path: Path) -> None:
    """Without a parent-death signal the guard stays, and ends its server after its parent."""
    note = tmp_path / "server.pid"
    server = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    arguments = [str(identity.GUARD), "PARENT", "9", "same", sys.executable, "-c", server]
    launcher = f"""
import os, subprocess, sys
arguments = {arguments!r}
arguments[1] = str(os.getpid())
subprocess.Popen([sys.executable, "-c", {OTHER_SYSTEM!r}, *arguments])
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", launcher], stdin=subprocess.PIPE) as process:
        wait_until(lambda: note.exists() and note.read_text() != "", "the server runs")
        pid = int(note.read_text())
        process.kill()

    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the server is gone")


def test_elsewhere_than_linux_the_guard_passes_signals_on() -> None:
    """A stop that reaches the guard reaches the server, whose end is the guard's."""
    stopping_its_guard = "import os, signal; os.kill(os.getppid(), 15); signal.pause()"
    guard = [str(identity.GUARD), str(os.getpid()), "9", "same"]
    command = [sys.executable, "-c", OTHER_SYSTEM, *guard, sys.executable, "-c", stopping_its_guard]

    done = subprocess.run(command, check=False, timeout=60)

    assert done.returncode == 128 + signal.SIGTERM
