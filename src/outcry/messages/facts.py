"""Facts: what the matching kernel did. The only thing that moves money for an order.

Each class is one record of `outcry_wire.records` with its fields in the order of the layout.
Every command yields at least one fact; all of them carry the command's ``seq`` and ``time_us``,
and exactly the last has the flag `LAST_OF_SEQ`. Order and account in the header are those the
fact is about (for `Traded`, the taker's).
"""

from collections.abc import Iterable
from typing import ClassVar, Final

from msgspec import Struct
from msgspec.structs import astuple

from outcry.messages.record_bodies import Body, unpack_records
from outcry_wire.records import LAST_OF_SEQ, LAYOUTS, WAS_RESTING, RecordType


class Fact(Struct, frozen=True, gc=False):
    """What every fact has."""

    TYPE: ClassVar[RecordType]

    flags: int
    instrument: int
    seq: int
    time_us: int
    account: int

    @property
    def last(self) -> bool:
        """Whether this is the last fact of its command."""
        return bool(self.flags & LAST_OF_SEQ)

    @property
    def was_resting(self) -> bool:
        """Whether the order stood in the book (`OrderCancelled`, `OrderReduced`)."""
        return bool(self.flags & WAS_RESTING)


class OrderPlaced(Fact, frozen=True, gc=False):
    """The order now rests with ``remaining`` lots at ``price``; its fills came before."""

    TYPE = RecordType.ORDER_PLACED

    order_id: int
    price: int
    remaining: int
    outcome: int
    side: int


class OrderRejected(Fact, frozen=True, gc=False):
    """The kernel declined the order; it never traded and never rested."""

    TYPE = RecordType.ORDER_REJECTED

    order_id: int
    reject: int


class CommandRejected(Fact, frozen=True, gc=False):
    """The kernel declined a cancel, reduce, replace or administrative command."""

    TYPE = RecordType.COMMAND_REJECTED

    order_id: int
    reject: int
    command: int


class Traded(Fact, frozen=True, gc=False):
    """One fill, at the maker's ``price`` in outcome-0 ticks."""

    TYPE = RecordType.TRADED

    trade_id: int
    price: int
    qty: int
    taker_order: int
    taker_remaining: int
    taker_budget_left: int
    maker_order: int
    maker_account: int
    maker_remaining: int
    fill: int
    match: int
    taker_outcome: int
    taker_side: int
    maker_outcome: int
    maker_side: int


class OrderCancelled(Fact, frozen=True, gc=False):
    """The order is over with ``remaining`` lots and ``budget_left`` micros unused."""

    TYPE = RecordType.ORDER_CANCELLED

    order_id: int
    price: int
    remaining: int
    budget_left: int
    outcome: int
    side: int
    reason: int


class OrderReduced(Fact, frozen=True, gc=False):
    """The order lost ``by`` lots without a fill."""

    TYPE = RecordType.ORDER_REDUCED

    order_id: int
    price: int
    by: int
    remaining: int
    outcome: int
    side: int
    reason: int


class OrderReplaced(Fact, frozen=True, gc=False):
    """The order has new terms; without ``priority_kept`` its fills and its rest follow."""

    TYPE = RecordType.ORDER_REPLACED

    order_id: int
    price: int
    remaining: int
    old_price: int
    old_remaining: int
    outcome: int
    side: int
    priority_kept: int


class InstrumentChanged(Fact, frozen=True, gc=False):
    """The book now has these settings."""

    TYPE = RecordType.INSTRUMENT_CHANGED

    kind: int
    state: int
    tick: int
    price_min: int
    price_max: int
    qty_min: int
    qty_max: int
    orders_max: int


class Ticked(Fact, frozen=True, gc=False):
    """The kernel's time is now ``time_us``; what expired came before."""

    TYPE = RecordType.TICKED


class BookHashed(Fact, frozen=True, gc=False):
    """The hash of one book after this seq (`outcry_wire.bookhash`)."""

    TYPE = RecordType.BOOK_HASHED

    checkpoint_id: int
    hash: int
    orders: int


class CommandDone(Fact, frozen=True, gc=False):
    """Closes `SetLimits`, `CancelAll` and `Checkpoint`; ``count`` says of how many."""

    TYPE = RecordType.COMMAND_DONE

    command: int
    count: int


FACTS: Final[dict[int, type[Fact]]] = {
    cls.TYPE: cls
    for cls in (
        OrderPlaced,
        OrderRejected,
        CommandRejected,
        Traded,
        OrderCancelled,
        OrderReduced,
        OrderReplaced,
        InstrumentChanged,
        Ticked,
        BookHashed,
        CommandDone,
    )
}


def pack_fact(fact: Fact) -> bytes:
    """Return the record of *fact*."""
    layout = LAYOUTS[fact.TYPE]
    flags, *rest = astuple(fact)
    return layout.pack(fact.TYPE, flags, layout.size, *rest)


def unpack_facts(body: Body) -> list[Fact]:
    """Return the facts in *body*; raises `CorruptError` when it holds anything else."""
    return unpack_records(body, FACTS, "a fact", True)  # noqa: FBT003 - their first field


def concat(facts: Iterable[Fact]) -> bytes:
    """Return the records of *facts*, one after the other."""
    return b"".join(pack_fact(fact) for fact in facts)
