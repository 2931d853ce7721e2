"""An engine behind sessions: bytes of clients in, bytes for clients out, nothing decoded in Python.

* A **session** is a client that may go and come back. It has a place (1, 2, 3, ...), an account, a
  self-trade group, and counts: its last command, its highest order id, its last numbered message.
* `take` carries out the whole frames in a range of the bound source and returns the answers to
  that session; what others are told is then in `aside`. The protocol is that of `outcry_wire.tcp`.
* Deterministic, like the engine: the same calls give the same bytes. The cut of the bytes into
  calls does not matter, as long as the time does not change.
* The id of an order in the kernel is the place of its session above the client's own id. So the
  way from one to the other needs no memory, and ids that rise need no table of those used.
"""

from collections.abc import Sequence

import cython

from outcry.kernel.answers import gather, tell_facts
from outcry.kernel.bits import fact_head
from outcry.kernel.constants import CANCEL_ORDER, SESSION_SHIFT, TICK
from outcry.kernel.engine import Engine
from outcry.kernel.layout import more_words, new_words, node_at, release
from outcry.kernel.outbox import forget_frames, free_sessions, keep_frames, oldest_number, unroll
from outcry.kernel.pool import find_account
from outcry.kernel.session_layout import (
    PLACES_MAX,
    REJECTS,
    core_of,
    more_octets,
    more_sessions,
    new_state,
    octets_in,
    room_for_octets,
    session_at,
    text_between,
)
from outcry.kernel.taking import run_work, take_frames


class SessionEngine:
    """Sessions on an engine that is theirs alone, for one thread."""

    def __cinit__(self) -> None:
        self.state = new_state()
        state = self.state
        state.session_room = 16
        state.sessions = more_sessions(state.sessions, 0, state.session_room)
        state.out_room = 65536
        state.out = more_octets(state.out, 0, state.out_room)
        state.refused = new_words(REJECTS)

    def __init__(self, engine: Engine) -> None:
        if not cython.compiled:
            self.__cinit__()
        self.engine = engine
        self.core = core_of(engine)
        self.bind(bytearray(8))

    def __dealloc__(self) -> None:
        free_sessions(self.state)

    def bind(self, source: bytearray) -> None:
        """Read clients' bytes from *source* in later calls of `take`; it cannot be resized then."""
        view = memoryview(source).cast("B")
        state = self.state
        words = len(view) // 8 + 4
        self.source = view
        state.source = octets_in(view)
        state.source_bytes = len(view)
        state.work = more_words(state.work, 0, words)
        state.asked = more_words(state.asked, 0, words)

    # --- sessions --------------------------------------------------------------------------

    def open(self, account: int, stp_group: int) -> int:
        """Add a session and return its place. Raises ValueError when there are `PLACES_MAX`."""
        state = self.state
        if state.session_count + 1 >= PLACES_MAX:
            raise ValueError(f"there are {PLACES_MAX - 1} sessions already")
        state.session_count += 1
        if state.session_count == state.session_room:
            room = 2 * state.session_room
            state.sessions = more_sessions(state.sessions, state.session_room, room)
            state.session_room = room
        session = session_at(state, state.session_count)
        session.account = account
        session.stp_group = stp_group
        session.last_seq = session.last_id = session.sent = 0
        session.first = session.last = 0
        forget_frames(session)
        return state.session_count

    @property
    def session_count(self) -> int:
        """How many sessions there are: the highest place."""
        return self.state.session_count

    def session(self, place: int) -> tuple[int, int, int, int, int]:
        """Return ``(account, stp_group, last_seq, last_order_id, sent)``; IndexError if unknown."""
        session = session_at(self.state, self._known(place))
        counts = session.last_seq, session.last_id, session.sent
        return session.account, session.stp_group, counts[0], counts[1], counts[2]

    def resume(self, place: int, counts: Sequence[int]) -> None:
        """Set ``(last_seq, last_order_id, sent)`` of a session, as a snapshot has them."""
        session = session_at(self.state, self._known(place))
        session.last_seq = counts[0]
        session.last_id = counts[1]
        session.sent = counts[2]

    def _known(self, place: int) -> int:
        if not 0 < place <= self.state.session_count:
            raise IndexError(f"no session has place {place}")
        return place

    # --- work ------------------------------------------------------------------------------

    def take(self, place: int, start: int, stop: int, time_us: int) -> bytes:
        """Carry out the frames of a session in ``source[start:stop]``; return its answers.

        Afterwards `consumed` says how many bytes were whole frames of commands, `taken` how many
        commands there were, `fault` whether what follows is no frame (1) or a frame that holds no
        records (2), `has_message` whether a message of the session is next. Expiries that are due
        come first. Raises IndexError for an unknown place, ValueError for a range outside.
        """
        size = self.answer(place, start, stop, time_us)
        return text_between(self.state.out, 0, size)

    def answer(self, place: int, start: int, stop: int, time_us: int) -> int:
        """Do what `take` does; return how many bytes of ``state.out`` are the answers."""
        self.engine.idle()
        state = self.state
        if start < 0 or stop < start or stop > state.source_bytes:
            raise ValueError(f"no range of the source: {start} to {stop}")
        self._known(place)
        self.expire(time_us)
        state.current = place
        return take_frames(state, self.core, start, stop, time_us)

    def expire(self, time_us: int) -> None:
        """Let the kernel's time be *time_us* if an order expires by then."""
        if self.due(time_us):
            self._prepare(TICK, 4, time_us, 0)
            run_work(self.state, self.core, 4)

    def due(self, time_us: int) -> bool:
        """Return whether an order may expire by then."""
        core = self.core
        return core.heap_count != 0 and core.heap[0].at_us <= time_us

    def cancel(self, place: int, time_us: int) -> int:
        """Cancel what a session has in the books, oldest first; return how many orders it was.

        What it is told is in `aside`.
        """
        self.engine.idle()
        session = session_at(self.state, self._known(place))
        core = self.core
        owner = find_account(core, session.account)
        found = []
        index = node_at(core, owner).younger if owner != 0 else 0
        while index != owner:
            order_id = node_at(core, index).order_id
            if order_id >> SESSION_SHIFT == place:
                found.append(order_id)
            index = node_at(core, index).younger
        for order_id in found:
            self._prepare(CANCEL_ORDER, 5, time_us, session.account)
            self.state.work[4] = order_id
            run_work(self.state, self.core, 5)
        return len(found)

    def carry_out(self, commands: bytes) -> bytes:
        """Process command records that come from no client; return all facts.

        Those about orders of sessions are told them, in `aside`.
        """
        facts = self.engine.process(commands)
        self.state.current = 0
        self.state.asked_count = 0
        tell_facts(self.state, self.core, 0, len(facts) // 8)
        return bytes(facts)

    def _prepare(self, kind: int, words: int, time_us: int, account: int) -> None:
        """Write the header of a command that is the exchange's own."""
        state = self.state
        state.current = 0
        state.asked_count = 0
        state.work[0] = fact_head(kind, 0, words, 0)
        state.work[1] = self.core.seq + 1
        state.work[2] = time_us
        state.work[3] = account

    # --- what was told last ------------------------------------------------------------------

    def keep_most(self, size: int) -> None:
        """Keep *size* bytes of what each session is told from now on; 0, as at first: nothing."""
        self.state.kept_most = size

    def keep(self, place: int, frames: bytes) -> None:
        """Keep frames that the session at *place* is told. Raises IndexError if it is unknown."""
        view = memoryview(frames)
        keep_frames(self.state, self._known(place), octets_in(view), len(view))

    def oldest(self, place: int) -> int:
        """Return the number of the first message kept for a session, 0 if there is none."""
        return oldest_number(session_at(self.state, self._known(place)))

    def kept(self, place: int) -> bytes:
        """Return all frames kept for the session at *place*, oldest first."""
        session = session_at(self.state, self._known(place))
        copy = room_for_octets(session.kept_bytes)
        unroll(session, copy)
        frames = text_between(copy, 0, session.kept_bytes)
        release(copy)
        return frames

    # --- how the last call ended -----------------------------------------------------------

    @property
    def consumed(self) -> int:
        """Bytes of whole frames of commands."""
        return self.state.consumed

    @property
    def taken(self) -> int:
        """Commands, refused ones included."""
        return self.state.taken

    @property
    def fault(self) -> int:
        """0, or 1: what follows is no frame, or 2: it is one that does not hold records."""
        return self.state.fault

    @property
    def has_message(self) -> bool:
        """Whether a message of the session is next."""
        return bool(self.state.has_message)

    def refused(self) -> dict[int, int]:
        """Return how many commands were refused until now, by the number of the reject."""
        counts = [self.state.refused[reject] for reject in range(REJECTS)]
        return {reject: count for reject, count in enumerate(counts) if count}

    @property
    def has_aside(self) -> bool:
        """Whether `aside` would return anything."""
        return bool(self.state.touched_count)

    def aside(self) -> list[tuple[int, bytes]]:
        """Return, once, what other sessions are told: their places, and frames."""
        state = self.state
        told = []
        for turn in range(state.touched_count):
            place = state.touched[turn]
            told.append((place, text_between(state.out, 0, gather(state, place))))
        state.touched_count = 0
        state.aside_at = 0
        return told

    @property
    def time_us(self) -> int:
        """Time of the newest input: no later one is before it."""
        return self.state.time_us

    @time_us.setter
    def time_us(self, time_us: int) -> None:
        self.state.time_us = time_us

    # --- what everybody may see --------------------------------------------------------------

    def watch(self, *, trades: bool, books: bool) -> None:
        """Say whether fills and changes of books are to be noted from now on."""
        self.state.wants_trades = trades
        self.state.wants_books = books

    def trades(self) -> bytes:
        """Return, once, the public records of fills."""
        state = self.state
        records = text_between(state.trades, 0, state.trades_at)
        state.trades_at = 0
        return records

    def changed(self) -> list[int]:
        """Return, once, the instruments whose books may have changed."""
        state = self.state
        found = []
        for turn in range(state.changed_count):
            index = state.changed[turn]
            state.is_changed[index] = 0
            if index != 0:
                found.append(self.core.books[index].instrument)
        state.changed_count = 0
        return found
