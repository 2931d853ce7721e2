"""What one connection sends: batches of orders and cancels, made almost without Python.

A batch is one frame: new orders first, then cancels of older ones. Frames are made beforehand, some
dozens of each kind; to send one, only numbers and ids are written into it, a whole column at once.
"""

from array import array
from dataclasses import dataclass
from random import Random
from typing import Final

from outcry_wire.records import CANCEL_ORDER, PLACE_ORDER, RecordType, Side
from outcry_wire.tcp import FRAME_HEAD, FRAME_MAX


_TEMPLATES: Final = 64
#: Orders that rest before the first of them is cancelled.
_PATIENCE: Final = 200
#: Ticks from the middle: passive orders stand as far away, crossing ones go as far beyond it.
_DEPTH: Final = 20
_BEYOND: Final = 3
QUANTITY_MAX: Final = 10
BATCH_MAX: Final = (FRAME_MAX - FRAME_HEAD.size) // PLACE_ORDER.size


@dataclass(frozen=True, slots=True)
class Traded:
    """An instrument to trade: its tick, and the price around which to do it."""

    number: int
    tick: int
    middle: int


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of new orders among the commands, and of those that cross among the new orders.

    With half of each, every order is cancelled in the end, so the books stay as they are.
    """

    places: float = 0.5
    crossing: float = 0.15


class Batch:
    """One frame, with the columns in which numbers and ids stand."""

    def __init__(self, orders: list[bytes], cancels: int) -> None:
        self.orders, self.cancels = len(orders), cancels
        cancel = CANCEL_ORDER.pack(RecordType.CANCEL_ORDER, 0, CANCEL_ORDER.size, 0, 0, 0, 0, 0)
        payload = b"".join(orders) + cancel * cancels
        self.frame = bytearray(FRAME_HEAD.pack(len(payload)) + payload)
        words = memoryview(self.frame)[FRAME_HEAD.size :].cast("q")
        wide, narrow = PLACE_ORDER.size // 8, CANCEL_ORDER.size // 8
        first, rest = words[: wide * self.orders], words[wide * self.orders :]
        self.order_seqs, self.order_ids = first[1::wide], first[4::wide]
        self.cancel_seqs, self.cancel_ids = rest[1::narrow], rest[4::narrow]

    def numbered(self, seq: int, order_id: int, cancel_id: int) -> bytearray:
        """Return the frame whose commands begin with *seq*, its orders and cancels with these."""
        if self.orders:
            self.order_seqs[:] = _column(seq, self.orders)
            self.order_ids[:] = _column(order_id, self.orders)
        if self.cancels:
            self.cancel_seqs[:] = _column(seq + self.orders, self.cancels)
            self.cancel_ids[:] = _column(cancel_id, self.cancels)
        return self.frame


def _column(first: int, count: int) -> memoryview:
    return memoryview(array("q", range(first, first + count)))


class Flow:
    """The commands of one connection: the same for the same seed."""

    def __init__(
        self, random: Random, traded: list[Traded], size: int, mix: Mix, *, owns: bool = True
    ) -> None:
        """Send batches of *size* commands about instruments, the first of them most often.

        Unless it *owns* what it sells, it asks by buying the other outcome.
        """
        self.size = size
        self._seq = self._order_id = 0
        self._cancel_id = 1
        self._turn = 0
        self._batches = [_batch(random, traded, size, mix, owns=owns) for _ in range(_TEMPLATES)]

    def resume(self, last_seq: int, last_order_id: int) -> None:
        """Go on behind what the session sent in its earlier life."""
        self._seq, self._order_id = last_seq, last_order_id
        self._cancel_id = last_order_id + 1

    def next(self) -> bytearray:
        """Return the next frame; it is good until the next but `_TEMPLATES` is made."""
        batch = self._batches[self._turn % _TEMPLATES]
        self._turn += 1
        oldest = max(1, min(self._cancel_id, self._order_id - _PATIENCE))
        frame = batch.numbered(self._seq + 1, self._order_id + 1, oldest)
        self._seq += self.size
        self._order_id += batch.orders
        self._cancel_id = oldest + batch.cancels
        return frame


def _batch(random: Random, traded: list[Traded], size: int, mix: Mix, *, owns: bool) -> Batch:
    orders = int(size * mix.places + random.random())
    return Batch([_order(random, traded, mix, owns=owns) for _ in range(orders)], size - orders)


def _order(random: Random, traded: list[Traded], mix: Mix, *, owns: bool) -> bytes:
    instrument = traded[int(len(traded) * random.random() ** 2)]
    side = random.choice([Side.BUY, Side.SELL])
    away = _BEYOND if random.random() < mix.crossing else -random.randint(1, _DEPTH)
    price = instrument.middle + instrument.tick * (away if side == Side.BUY else -away)
    head = (RecordType.PLACE_ORDER, 0, PLACE_ORDER.size, instrument.number, 0, 0, 0)
    outcome = 0 if owns or side == Side.BUY else 1
    terms = (outcome, side if owns else Side.BUY, 0, 0, 0, 0)
    return PLACE_ORDER.pack(*head, 0, 0, *terms, price, random.randint(1, QUANTITY_MAX), 0, 0)
