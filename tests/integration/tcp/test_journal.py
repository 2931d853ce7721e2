"""The engine as a process, killed and started again: nothing that was answered is lost."""

import signal
from pathlib import Path

import pytest
from tests.support.tcp_engine import Client, Process, process, until
from tests.support.tcp_records import cancel, framed, numbers, place

from outcry.adapters.files.journal import FileJournal, JournalTaken
from outcry.adapters.files.snapshots import FileSnapshots
from outcry.domain.errors import CorruptError
from outcry.services.gateway import recovery
from outcry.services.gateway.room import Room
from outcry_wire.tcp import LogonFlag


def trade(running: Process, count: int) -> list[bytes]:
    """Let two sessions trade; return what the second was told."""
    with Client(running.port, 1) as maker, Client(running.port, 2) as taker:
        seq = maker.accepted[2]
        maker.say(framed(*[place(seq + n, seq + n, qty=2) for n in range(1, count + 1)]))
        maker.records(count)
        seq = taker.accepted[2]
        taker.say(framed(*[place(seq + n, seq + n, side=1) for n in range(1, count + 1)]))
        return taker.records(count)


def test_a_killed_engine_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    """After kill -9: the same state hash, counts that go on, missed fills sent again."""
    options = ("--keys", "none", "--journal", str(tmp_path / "kept"))
    told: list[bytes] = []
    for turn in range(2):
        with process(tmp_path, *options) as running:
            if turn:
                with Client(running.port, 2, next_number=1) as taker:
                    assert taker.records(len(told)) == told
            told += trade(running, 50)
            running.stop(signal.SIGKILL)
    assert numbers(told) == list(range(1, 101))
    with process(tmp_path, *options) as running:
        assert running.stop() == 0
        killed = running.hashes()[-1]
    with process(tmp_path, *options) as running:
        assert running.hashes()[-1] == killed
        assert '"from_snapshot":true' in running.text()
        with Client(running.port, 1) as maker:
            assert maker.accepted[2:5] == (100, 100, 201)
            maker.say(framed(cancel(101, 100)))
            assert maker.told(1)[0][0] == "ORDER_CANCELLED"
            maker.say(framed(cancel(101, 99)))
            assert maker.told(1) == [("COMMAND_REJECTED", (99, 709, 2))]


def test_orders_that_go_with_a_connection_go_with_a_killed_engine(tmp_path: Path) -> None:
    """Its next start cancels them, and says so to the session; others stay. Once is enough."""
    options = ("--keys", "none", "--journal", str(tmp_path / "kept"))
    flags = LogonFlag.CANCEL_ON_DISCONNECT
    with (
        process(tmp_path, *options) as running,
        Client(running.port, 1) as calm,
        Client(running.port, 2, flags=flags) as careful,
    ):
        calm.say(framed(place(1, 1, price=100)))
        calm.records(1)
        careful.say(framed(place(1, 1, price=200)))
        careful.records(1)
        running.stop(signal.SIGKILL)
    with process(tmp_path, *options) as running, Client(running.port, 2, next_number=2) as careful:
        assert careful.told(1)[0] == ("ORDER_CANCELLED", (1, 200, 1, 0, 0, 0, 1))
        running.stop(signal.SIGKILL)
    with process(tmp_path, *options) as running, Client(running.port, 1) as calm:
        calm.say(framed(cancel(2, 1)))
        assert calm.told(1)[0][0] == "ORDER_CANCELLED"


def test_a_running_engine_takes_a_changed_instruments_file(tmp_path: Path) -> None:
    """SIGHUP: everybody is told of the new state, and a file that is wrong changes nothing."""
    with process(tmp_path, "--keys", "none") as running, Client(running.port, 1) as client:
        file = tmp_path / "instruments.toml"
        text = file.read_text()
        file.write_text("[[instrument")
        running.child.send_signal(signal.SIGHUP)
        until(lambda: "instruments not read again" in running.text())
        file.write_text(text.replace('kind = "market"', 'kind = "market"\nstate = "halted"'))
        running.child.send_signal(signal.SIGHUP)
        ((name, fields),) = client.told(1)
        assert (name, fields[:2]) == ("INSTRUMENT", (0, 3))
        client.say(framed(place(1, 1)))
        assert client.told(1) == [("ORDER_REJECTED", (1, 805))]
        assert running.stop() == 0


def filled(folder: Path) -> Room:
    """Return a room whose journal is in *folder*, with one order of one session."""
    journal = FileJournal(folder)
    room = Room(lambda _place, _data: None, journal)
    recovery.recover(room, journal, FileSnapshots(folder))
    room.open(5, 1, 5)
    data = framed(place(1, 1))
    room.source[: len(data)] = data
    room.commands(1, 0, len(data), 1_000)
    journal.close()
    return room


def restored(folder: Path) -> tuple[Room, recovery.Recovered]:
    """Return what a start makes of *folder*."""
    journal = FileJournal(folder)
    room = Room(lambda _place, _data: None, journal)
    found = recovery.recover(room, journal, FileSnapshots(folder))
    journal.close()
    return room, found


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_torn_end_is_dropped(tmp_path: Path, cut: int) -> None:
    """Whatever is missing of the last input, the one before it stands, and later ones follow it."""
    filled(tmp_path)
    (file,) = tmp_path.glob("journal-*")
    data = file.read_bytes()
    file.write_bytes(data[:-cut])
    room, found = restored(tmp_path)
    assert found.torn_bytes > 0
    assert (room.desk.session(1), room.engine.seq) == ((5, 5, 0, 0, 0), 0)
    assert restored(tmp_path)[1].torn_bytes == 0


def test_a_damaged_snapshot_is_passed_over(tmp_path: Path) -> None:
    """The one before it and the journals since then lead to the same state."""
    room = filled(tmp_path)
    snapshots = FileSnapshots(tmp_path)
    for generation in (2, 3):
        journal = FileJournal(tmp_path)
        body = recovery.begin_generation(room, journal, generation)
        recovery.save(journal, snapshots, generation, body)
        journal.close()
    newest = max(tmp_path.glob("*.snapshot"))
    newest.write_bytes(newest.read_bytes()[:-1] + b"x")
    again, found = restored(tmp_path)
    assert found.generation == 3
    assert again.state_hash() == room.state_hash()


def test_a_journal_has_one_writer(tmp_path: Path) -> None:
    """A second engine on the same folder does not start."""
    journal = FileJournal(tmp_path)
    with pytest.raises(JournalTaken, match="another engine"):
        FileJournal(tmp_path)
    journal.close()
    FileJournal(tmp_path).close()


def test_a_missing_journal_is_said(tmp_path: Path) -> None:
    """A gap between snapshot and journal stops the start, with the numbers."""
    room = filled(tmp_path)
    journal = FileJournal(tmp_path)
    for generation in (2, 3):
        journal.begin(generation)
    journal.close()
    (tmp_path / "journal-0000000002.log").unlink()
    assert room.engine.seq == 1
    with pytest.raises(CorruptError, match=r"\[1, 3\]"):
        restored(tmp_path)
