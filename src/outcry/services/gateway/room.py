"""The engine as a machine: inputs go in, are remembered, and lead to what sessions are told.

Every input goes through one method here, which writes it to the journal and carries it out. At
start the same inputs are carried out again, from the newest snapshot on; whatever follows from
them, the numbers of messages included, is then as it was.
"""

import hashlib
import os
from collections.abc import Callable
from struct import Struct
from typing import Any, Final, NamedTuple

from outcry import kernel
from outcry.domain.errors import CorruptError
from outcry.services.gateway.journal import Entry, Journal, JournalLost, Kind, entries_in, pack
from outcry_wire.records import INSTRUMENT_CHANGED, SET_LIMITS, RecordType
from outcry_wire.snapshot import SNAPSHOT_HEADER, SNAPSHOT_INSTRUMENT
from outcry_wire.tcp import FRAME_MAX


#: Bytes of one read from a socket, with the part of a frame that was there before it.
SOURCE_BYTES: Final = 4 * FRAME_MAX
_MAGIC: Final = b"OUTCRYT1"
_HEAD: Final = Struct("<8sqq")
#: account, number, whether its orders go with the connection, group, last_seq, last_order_id, sent
_SESSION: Final = Struct("<qIB3xqqqq")
_OPEN: Final = Struct("<qI4xq")


def secret_seed() -> int:
    """Return a seed of the kernel that clients, who choose ids of orders, cannot know."""
    return int.from_bytes(os.urandom(8))


class Instrument(NamedTuple):
    """What is known of an instrument; names stand elsewhere."""

    number: int
    kind: int
    state: int
    tick: int
    price_min: int
    price_max: int
    qty_min: int
    qty_max: int
    orders_max: int


class Room:
    """Sessions, books and what is remembered of them; for one thread."""

    def __init__(
        self, tell: Callable[[int, bytes], None], journal: Journal | None = None, keep_most: int = 0
    ) -> None:
        """Let *tell* carry frames to the session at a place, connected or not.

        What each was told last may be kept, up to *keep_most* bytes.
        """
        self._tell = tell
        self._journal = journal
        self._keep_most = keep_most
        self.source = bytearray(SOURCE_BYTES)
        #: The place of each account's sessions by their numbers, and back.
        self.places: dict[tuple[int, int], int] = {}
        self.owners: dict[int, tuple[int, int]] = {}
        #: Places of sessions whose orders go with their connections.
        self.going: set[int] = set()
        self.instruments: dict[int, Instrument] = {}
        #: Orders that may rest, of one account and of all; 0 and 0 before they were set.
        self.limits = (0, 0)
        self._start(kernel.load().Engine(secret_seed()))

    def _start(self, engine: Any) -> None:  # noqa: ANN401 - one of two twins
        self.engine = engine
        self.desk = kernel.load_sessions().SessionEngine(engine)
        self.desk.bind(self.source)
        self.desk.keep_most(self._keep_most)
        self.take = self.desk.take

    @property
    def time_us(self) -> int:
        """Time of the newest input."""
        time_us: int = self.desk.time_us
        return time_us

    # --- inputs ----------------------------------------------------------------------------

    def commands(self, place: int, start: int, stop: int, time_us: int) -> bytes:
        """Carry out frames of a session from the source; return its answers, tell the others."""
        self.desk.time_us = time_us = max(time_us, self.time_us)
        answers: bytes = self.take(place, start, stop, time_us)
        desk = self.desk
        if self._journal is not None and desk.taken:
            frames = bytes(self.source[start : start + desk.consumed])
            self._remember(Entry(Kind.FRAMES, place, time_us, frames))
        if desk.has_aside:
            self.tell_aside()
        return answers

    def open(self, account: int, number: int, stp_group: int) -> int:
        """Return the place of a session, which is opened if it never was."""
        place = self.places.get((account, number))
        if place is None:
            content = _OPEN.pack(account, number, stp_group)
            self._input(Entry(Kind.OPEN, 0, self.time_us, content))
            place = self.places[account, number]
        return place

    def cancel(self, place: int, time_us: int) -> None:
        """Cancel what a session has in the books."""
        self._input(Entry(Kind.CANCEL, place, max(time_us, self.time_us), b""))

    def goes(self, place: int, *, going: bool) -> None:
        """Remember whether a session's orders go with its connection, also if all ends at once."""
        if going != (place in self.going):
            self._input(Entry(Kind.GOES, place, self.time_us, bytes((going,))))

    def clear(self, time_us: int) -> None:
        """Cancel what goes with connections that ended because the engine did."""
        for place in sorted(self.going):
            self.cancel(place, time_us)
            self.goes(place, going=False)

    def administer(self, record: bytes, time_us: int) -> None:
        """Carry out a command of our own: about an instrument, or limits."""
        self._input(Entry(Kind.COMMANDS, 0, max(time_us, self.time_us), record))

    def expire(self, time_us: int) -> None:
        """Let the orders expire whose time is up."""
        if self.desk.due(time_us):
            self._input(Entry(Kind.EXPIRE, 0, max(time_us, self.time_us), b""))

    def _input(self, entry: Entry) -> None:
        self._remember(entry)
        self.apply(entry)

    def _remember(self, entry: Entry) -> None:
        """Raises `JournalLost`."""
        if self._journal is not None:
            try:
                self._journal.append(pack(entry))
            except OSError as error:
                raise JournalLost(f"the journal cannot be written: {error}") from error

    def apply(self, entry: Entry) -> None:
        """Carry out an input that is remembered already."""
        self.desk.time_us = entry.time_us
        if entry.kind is Kind.FRAMES:
            size = len(entry.content)
            self.source[:size] = entry.content
            answers = self.take(entry.place, 0, size, entry.time_us)
            # First what expired, of this session too: its numbers are the lower ones.
            self.tell_aside()
            self._tell(entry.place, answers)
        elif entry.kind is Kind.OPEN:
            account, number, group = _OPEN.unpack(entry.content)
            self._place(account, number, self.desk.open(account, group))
        elif entry.kind is Kind.CANCEL:
            self.desk.cancel(entry.place, entry.time_us)
        elif entry.kind is Kind.GOES:
            (self.going.add if entry.content[0] else self.going.discard)(entry.place)
        elif entry.kind is Kind.EXPIRE:
            self.desk.expire(entry.time_us)
        else:
            self._note_instruments(self.desk.carry_out(entry.content))
            if entry.content[0] == RecordType.SET_LIMITS:
                account, total = SET_LIMITS.unpack(entry.content)[7:]
                self.limits = (account, total)
        self.tell_aside()

    def _place(self, account: int, number: int, place: int) -> None:
        self.places[account, number] = place
        self.owners[place] = (account, number)

    def tell_aside(self) -> None:
        """Tell other sessions what the last input meant for them."""
        for place, frames in self.desk.aside():
            self._tell(place, frames)

    def _note_instruments(self, facts: bytes) -> None:
        at = 0
        while at < len(facts):
            if facts[at] == RecordType.INSTRUMENT_CHANGED:
                fields = INSTRUMENT_CHANGED.unpack_from(facts, at)
                self.instruments[fields[3]] = Instrument(fields[3], *fields[7:])
            at += int.from_bytes(facts[at + 2 : at + 4], "little")

    # --- the state as a whole --------------------------------------------------------------

    def snapshot(self) -> bytes:
        """Return everything that decides what comes next."""
        rows = [
            _SESSION.pack(account, number, place in self.going, *self.desk.session(place)[1:])
            for (account, number), place in self.places.items()
        ]
        head = _HEAD.pack(_MAGIC, len(rows), self.time_us)
        return head + b"".join(rows) + bytes(self.engine.snapshot())

    def restore(self, data: bytes) -> None:
        """Take over the state of a snapshot; raises `CorruptError` if it is none."""
        try:
            magic, count, time_us = _HEAD.unpack_from(data)
            if magic != _MAGIC:
                raise CorruptError("not a snapshot of this engine")
            books = _HEAD.size + count * _SESSION.size
            self._start(type(self.engine).restore(data[books:], secret_seed()))
            self.desk.time_us = time_us
            self.places.clear()
            self.going.clear()
            for row in range(count):
                fields = _SESSION.unpack_from(data, _HEAD.size + row * _SESSION.size)
                place = self.desk.open(fields[0], fields[3])
                self._place(fields[0], fields[1], place)
                self.desk.resume(place, fields[4:])
                if fields[2]:
                    self.going.add(place)
        except (ValueError, LookupError, ArithmeticError) as error:
            raise CorruptError(f"not a snapshot of this engine: {error}") from error
        self._read_instruments(data[books:])

    def _read_instruments(self, books: bytes) -> None:
        self.instruments.clear()
        header = SNAPSHOT_HEADER.unpack_from(books)
        self.limits = header[4], header[5]
        for row in range(header[6]):
            at = SNAPSHOT_HEADER.size + row * SNAPSHOT_INSTRUMENT.size
            *fields, _orders = SNAPSHOT_INSTRUMENT.unpack_from(books, at)
            self.instruments[fields[0]] = Instrument(*fields)

    def replay(self, data: bytes) -> int:
        """Carry out the entries of a journal; return where the last whole one ends."""
        end = 0
        for entry, place in entries_in(data):
            self.apply(entry)
            end = place
        return end

    def state_hash(self) -> str:
        """Return a hash of everything that decides what comes next."""
        return hashlib.sha256(self.snapshot()).hexdigest()
