"""A data folder serves one exchange at a time."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from outcry.runtime.data_dir import DataDir, DataDirError, DataDirLock


HOLD = """
import sys
from outcry.runtime.data_dir import DataDir, DataDirLock
with DataDirLock(DataDir(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_folders_are_for_their_owner_only(tmp_path: Path) -> None:
    """What the exchange makes, nobody else may enter."""
    data_dir = DataDir(tmp_path / "deep" / "data")

    folders = [data_dir.path, data_dir.folder("secrets")]

    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700, 0o700]


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    """A file in the way is named."""
    (tmp_path / "file").touch()

    with pytest.raises(DataDirError, match="file/data: cannot be made: Not a directory"):
        DataDir(tmp_path / "file" / "data")


def test_a_second_exchange_is_refused(tmp_path: Path) -> None:
    """The sentence names the folder and the pid; after the release the folder is free again."""
    data_dir = DataDir(tmp_path)
    with DataDirLock(data_dir):
        with pytest.raises(DataDirError, match=f"in use by a running exchange .pid {os.getpid()}."):
            DataDirLock(data_dir).acquire()
        assert data_dir.running_pid() == os.getpid()

    assert data_dir.running_pid() is None
    with DataDirLock(data_dir):
        pass


def test_the_lock_goes_with_a_killed_process(tmp_path: Path) -> None:
    """Kill -9 leaves no lock behind."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert DataDir(tmp_path).running_pid() == holder.pid
        holder.kill()

    with DataDirLock(DataDir(tmp_path)):
        pass
