"""The matching engine of a shard: command records in, fact records out.

* Deterministic: no clock, no I/O, no randomness; the same records give the same facts, however
  they are cut into calls, interpreted or compiled.
* Total: any bytes are answered, nothing raises, nothing outside the given bytes is read.
* Nothing is allocated per order once the pools have grown to the size of the book.

The rules are in docs/concepts/matching.md; `naive` states them once more in plain Python and must
agree byte for byte. The other parts of the kernel and this one are compiled as one unit.
"""

import cython

from outcry.kernel.constants import GIL_MIN
from outcry.kernel.facts import move_facts
from outcry.kernel.ids import find_order
from outcry.kernel.invariants import check_core
from outcry.kernel.layout import (
    book_at,
    bytes_of,
    new_words,
    node_at,
    release,
    room_in,
    words_in,
    words_of,
)
from outcry.kernel.placing import find_book
from outcry.kernel.pool import account_of, price_of
from outcry.kernel.shard import boot, free_core, run
from outcry.kernel.snapshots import (
    PROBLEMS,
    hash_words,
    read_snapshot,
    snapshot_words,
    write_snapshot,
)
from outcry.kernel.walk import first_order, hash_book, next_level, next_order


#: An output buffer must hold at least the longest record.
OUTPUT_MIN = 256


class Engine:
    """Books over many instruments, for one thread at a time; see `idle`.

    *seed*, of 63 bits, decides where ids stand in memory and nothing that can be observed. Give one
    that clients cannot know, if they choose their ids: else they can make look-ups long.
    """

    def __cinit__(self, seed: int = 0) -> None:
        self.core = boot(seed % 2**63)
        self.is_bound = self.is_running = False
        self.reading = 0
        self.consumed = self.pending_from = self.pending_to = 0

    def __init__(self, seed: int = 0) -> None:
        if not cython.compiled:
            self.__cinit__(seed)

    def __dealloc__(self) -> None:
        free_core(self.core)

    def idle(self) -> int:
        """Raise RuntimeError while another thread is in `process_bound` or `snapshot`; return 0."""
        if self.is_running or self.reading != 0:
            raise RuntimeError("another thread uses the engine")
        return 0

    # --- records ---------------------------------------------------------------------------

    def process(self, commands: bytes | bytearray | memoryview) -> bytes:
        """Return the facts of whole records, after those that `process_bound` still owes.

        `consumed` says how far the commands were read.
        """
        self.idle()
        data = commands if type(commands) is bytes else bytes(commands)
        length = len(data)
        tail = data[length & ~7] if length & 7 else 0
        core = self.core
        core.out = core.own_out
        core.room = core.own_room
        core.is_lent = False
        core.at = self.pending_to
        self.consumed = run(core, words_of(data), 0, length, tail)
        facts = bytes_of(core.own_out, self.pending_from, core.at)
        self.pending_from = self.pending_to = 0
        return facts

    @property
    def seq(self) -> int:
        """Number of the last command that had a header."""
        return self.core.seq

    @property
    def time_us(self) -> int:
        """Time of the kernel: the latest that a tick has told."""
        return self.core.time_us

    @property
    def order_count(self) -> int:
        """How many orders rest, in all books."""
        return self.core.order_count

    # --- the fast face: buffers bound once ---------------------------------------------------

    def bind(self, source: bytes | bytearray | memoryview, target: bytearray | memoryview) -> None:
        """Read commands from *source* and write facts to *target* in later `process_bound` calls.

        Both stay bound, and cannot be resized, until other ones are bound or the engine goes.
        Raises ValueError if *target* cannot hold `OUTPUT_MIN` bytes, BufferError or TypeError if
        it is read-only or not contiguous.
        """
        self.idle()
        source_view = memoryview(source).cast("B")
        target_view = memoryview(target).cast("B")
        if target_view.readonly:
            raise BufferError("the target is read-only")
        if len(target_view) < OUTPUT_MIN:
            raise ValueError(f"a target of {len(target_view)} bytes, expected {OUTPUT_MIN}")
        self.source = source_view
        self.target = target_view
        self.source_bytes = len(source_view)
        self.target_bytes = len(target_view)
        self.source_words = words_in(source_view)
        self.target_words = room_in(target_view)
        self.is_bound = True

    def unbind(self) -> None:
        """Let go of the bound buffers, if there are any."""
        self.idle()
        self.is_bound = False
        self.source = memoryview(b"")
        self.target = memoryview(b"")
        self.source_words = words_in(self.source)
        self.target_words = room_in(self.target)
        self.core.out = self.core.own_out

    def process_bound(self, offset: int, count: int) -> int:
        """Carry out the records in *count* bytes of the source from *offset*; return bytes written.

        Works without the GIL, except on a few records, which take less time than letting go of
        it. Stops after the command with which the target became full:
        `consumed` says how far it came, and what did not fit comes first in the next call, which
        may be one with *count* 0. Both arguments are multiples of 8. Raises ValueError for a
        range that is not inside the source, or without bound buffers.
        """
        self.idle()
        if not self.is_bound:
            raise ValueError("no buffers are bound")
        if offset < 0 or count < 0 or count > self.source_bytes - offset or (offset | count) & 7:
            raise ValueError(f"no range of the source: {count} bytes from {offset}")
        if count < GIL_MIN:
            return self.run_bound(offset >> 3, count)
        self.is_running = True
        with cython.nogil:
            written = self.run_bound(offset >> 3, count)
        self.is_running = False
        return written

    def run_bound(self, start: int, count: int) -> int:
        """Carry out *count* bytes from word *start*; return the bytes written."""
        core = self.core
        core.is_lent = False
        core.out = self.target_words
        core.room = self.target_bytes >> 3
        core.at = 0
        self.consumed = 0
        self.pending_from = move_facts(core, self.pending_from, self.pending_to)
        if self.pending_from == self.pending_to:
            self.pending_from = self.pending_to = 0
        if self.pending_to == 0:
            core.is_lent = True
            self.consumed = run(core, self.source_words, start, count, 0)
            if not core.is_lent:
                self.pending_to = core.at
                return core.lent_at * 8
        return core.at * 8

    # --- the state as a whole --------------------------------------------------------------

    def snapshot(self) -> bytes:
        """Return the state in the layout of `outcry_wire.snapshot`.

        Works without the GIL, but for a last copy; several threads may do it at once.
        """
        if self.is_running:
            self.idle()
        count = snapshot_words(self.core)
        words = new_words(count)
        self.reading += 1
        with cython.nogil:
            write_snapshot(self.core, words)
        self.reading -= 1
        data = bytes_of(words, 0, count)
        release(words)
        return data

    @staticmethod
    def restore(data: bytes, seed: int = 0) -> "Engine":
        """Return an engine in the state of a snapshot. Works without the GIL.

        Raises ValueError if *data* is not one that an engine with these rules could have written.
        """
        engine = Engine(seed)
        content = bytes(data)
        problem = 5
        if len(content) % 8 == 0:
            words, count = words_of(content), len(content) // 8
            with cython.nogil:
                problem = read_snapshot(engine.core, words, count)
        if problem != 0:
            raise ValueError(f"not a snapshot of this kernel: {PROBLEMS[problem]}")
        return engine

    def state_hash(self) -> int:
        """Return the hash of all logical content: of the words of the snapshot."""
        data = self.snapshot()
        return hash_words(words_of(data), len(data) // 8)

    def check(self) -> None:
        """Verify every internal invariant. Raises AssertionError."""
        self.idle()
        check_core(self.core)

    # --- looking into books; an unknown instrument is an empty book --------------------------

    def book_hash(self, instrument: int) -> int:
        """Return the hash of a book (see `outcry_wire.bookhash`)."""
        self.idle()
        return hash_book(self.core, book_at(self.core, self._find(instrument)))

    def top(self, instrument: int) -> tuple[int, int, int, int]:
        """Return ``(bid price, lots, ask price, lots)``; a side without orders gives 0 and 0."""
        self.idle()
        book = book_at(self.core, self._find(instrument))
        bid = node_at(self.core, book.best_level[0])  # without an order node 0: it holds zeros
        ask = node_at(self.core, book.best_level[1])
        return (bid.price, bid.total, ask.price, ask.total)

    def levels(self, instrument: int, side: int, limit: int) -> list[tuple[int, int, int]]:
        """Return up to *limit* ``(price, lots, orders)`` of bids (0) or asks (1), best first."""
        self.idle()
        core = self.core
        book = book_at(core, self._find(instrument))
        shown: list[tuple[int, int, int]] = []
        level = book.best_level[side & 1]
        while level != 0 and len(shown) < limit:
            count = 0
            index = node_at(core, level).next
            while index != level:
                count += 1
                index = node_at(core, index).next
            shown.append((node_at(core, level).price, node_at(core, level).total, count))
            level = next_level(core, book, side & 1, level)
        return shown

    def queue_position(self, order_id: int) -> int:
        """Return how many lots at its price are ahead of an order; -1 if it does not rest."""
        self.idle()
        core = self.core
        index = find_order(core, order_id) if order_id > 0 and order_id >> 63 == 0 else 0
        if index == 0:
            return -1
        level, ahead = node_at(core, index).level, 0
        index = node_at(core, index).prev
        while index != level:
            ahead += node_at(core, index).remaining
            index = node_at(core, index).prev
        return ahead

    def orders(self, instrument: int) -> list[tuple[int, int, int, int, int, int, int, int]]:
        """Return the orders of a book in book order.

        Each is ``(order_id, account, stp_group, outcome, side, price, remaining, expire_at_us)``.
        """
        self.idle()
        core = self.core
        book = book_at(core, self._find(instrument))
        shown = []
        index = first_order(core, book)
        while index != 0:
            node = node_at(core, index)
            shown.append(
                (
                    *(node.order_id, account_of(core, index), node.stp_group),
                    *(node.choices & 255, (node.choices >> 8) & 255),
                    *(price_of(core, index), node.remaining, node.expire_at_us),
                ),
            )
            index = next_order(core, book, index)
        return shown

    def _find(self, instrument: int) -> int:
        """Return the index of the book; the one at 0 is always empty."""
        if instrument <= 0 or instrument >> 32 != 0:
            return 0
        return find_book(self.core, instrument).index
