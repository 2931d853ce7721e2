"""Snapshots in files: killed while saving, cut short, renamed, foreign, on a full disk."""

import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.integration.adapters import saver

from outcry.adapters.files import FileSnapshots


NEVER = 1 << 62


def save(folder: Path, *positions: int) -> FileSnapshots:
    """Save small snapshots."""
    snapshots = FileSnapshots(folder)
    for position in positions:
        snapshots.save("kernel_0", 1, position, 1, b"state %d" % position, floor=0)
    return snapshots


def file_of(folder: Path, position: int) -> Path:
    """Return the file of a snapshot."""
    (path,) = folder.glob(f"*{position:019d}.snapshot")
    return path


def test_a_kill_while_saving_leaves_every_snapshot_whole(tmp_path: Path) -> None:
    """However often a saver is killed, what it confirmed is found, whole, and never half of one."""
    confirmed = 0
    for attempt in range(6):
        command = [sys.executable, saver.__file__, str(tmp_path), str(confirmed + 1)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            confirmed = int(process.stdout.readline())
            time.sleep(0.013 * attempt)
            process.send_signal(signal.SIGKILL)
            confirmed = max([confirmed, *map(int, process.stdout.read().split())])

        found = FileSnapshots(tmp_path).newest("kernel_0", 1, 1, NEVER)
        assert found is not None
        assert found.skipped == ()
        assert found.position in (confirmed, confirmed + 1)
        assert found.body == saver.body_at(found.position)
        confirmed = found.position


def test_drafts_of_a_killed_saver_are_cleared_by_the_next_save(tmp_path: Path) -> None:
    """A draft is no snapshot, and does not stay."""
    snapshots = save(tmp_path, 1)
    draft = file_of(tmp_path, 1).with_name(f"kernel_0-1-1-{9:019d}.draft")
    draft.write_bytes(b"half")
    others = [draft.with_name(f"{name}-1-1-{9:019d}.draft") for name in ("k", "kernel_0-1-1")]
    for other in others:
        other.write_bytes(b"another writer's")

    found = snapshots.newest("kernel_0", 1, 1, NEVER)
    assert found is not None
    assert found.position == 1
    save(tmp_path, 2)

    assert not draft.exists()
    assert all(other.exists() for other in others)


@pytest.mark.parametrize("size", [0, 1, 39, 71, 72, 78])
def test_a_file_that_was_cut_short_is_skipped_and_named(tmp_path: Path, size: int) -> None:
    """Wherever it ends, a short file is no snapshot, and the one before is used."""
    snapshots = save(tmp_path, 1, 2)
    path = file_of(tmp_path, 2)
    assert path.stat().st_size == 79
    path.write_bytes(path.read_bytes()[:size])

    found = snapshots.newest("kernel_0", 1, 1, NEVER)

    assert found is not None
    assert found.position == 1
    assert len(found.skipped) == 1
    assert path.name in found.skipped[0]


@pytest.mark.parametrize("offset", [0, 8, 16, 24, 32, 40, 71, 72, 78])
def test_any_flipped_bit_is_seen(tmp_path: Path, offset: int) -> None:
    """Header, checksum and body: no byte may be another than was saved."""
    snapshots = save(tmp_path, 1, 2)
    path = file_of(tmp_path, 2)
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)

    found = snapshots.newest("kernel_0", 1, 1, NEVER)

    assert found is not None
    assert found.position == 1


def test_a_renamed_file_is_not_what_its_name_says(tmp_path: Path) -> None:
    """Neither another position, timeline or rules version, nor another name."""
    snapshots = save(tmp_path, 1)
    content = file_of(tmp_path, 1).read_bytes()
    for name in ("kernel_0-1-1-", "kernel_0-2-1-", "kernel_0-1-2-", "kernel_9-1-1-"):
        (tmp_path / f"{name}{5:019d}.snapshot").write_bytes(content)

    assert snapshots.newest("kernel_0", 2, 1, NEVER) is None
    assert snapshots.newest("kernel_0", 1, 2, NEVER) is None
    assert snapshots.newest("kernel_9", 1, 1, NEVER) is None
    found = snapshots.newest("kernel_0", 1, 1, NEVER)
    assert found is not None
    assert found.position == 1


def test_damaged_files_do_not_count_as_kept(tmp_path: Path) -> None:
    """Files that are cut short never push out a whole one."""
    snapshots = save(tmp_path, 1, 2, 3)
    for position in (2, 3):
        path = file_of(tmp_path, position)
        path.write_bytes(path.read_bytes()[:-1])

    save(tmp_path, 4)

    assert [
        found.position for at in (3, 4) if (found := snapshots.newest("kernel_0", 1, 1, at))
    ] == [
        1,
        4,
    ]


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    """What is not a snapshot of this name is neither read nor deleted."""
    strangers = [tmp_path / name for name in ("README", "kernel_0.snapshot", "a-1-1-1.snapshot")]
    for stranger in strangers:
        stranger.write_text("mine")

    snapshots = save(tmp_path, *range(1, 9))

    found = snapshots.newest("kernel_0", 1, 1, NEVER)
    assert found is not None
    assert found.skipped == ()
    assert all(stranger.read_text() == "mine" for stranger in strangers)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let the system refuse to write larger files, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_save_that_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    """A failed save raises, leaves no draft, and what was saved before is still found."""
    snapshots = save(tmp_path, 1)

    with files_of_at_most(100_000), pytest.raises(OSError, match="large"):
        snapshots.save("kernel_0", 1, 2, 1, bytes(1_000_000), floor=0)

    assert [path.suffix for path in tmp_path.iterdir()] == [".snapshot"]
    found = snapshots.newest("kernel_0", 1, 1, NEVER)
    assert found is not None
    assert found.position == 1


@pytest.mark.parametrize("name", ["", "a.b", "../x", "A", "kernel 0"])
def test_a_name_is_a_plain_word(tmp_path: Path, name: str) -> None:
    """A name that could mean another file is refused."""
    with pytest.raises(ValueError, match="cannot name"):
        FileSnapshots(tmp_path).save(name, 1, 1, 1, b"", floor=0)


def test_snapshots_are_for_their_owner_only(tmp_path: Path) -> None:
    """The folder that is made lets nobody else in."""
    save(tmp_path / "deep" / "snapshots", 1)

    assert (tmp_path / "deep" / "snapshots").stat().st_mode & 0o077 == 0
