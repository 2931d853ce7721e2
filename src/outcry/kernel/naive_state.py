"""What the reference book remembers, and the facts of the command at hand.

* ``orders`` holds every resting order by id, ``accounts`` the same orders by owner in the order
  of their first placement, and each of them rests in exactly one book.
* Facts are collected until the command is finished: only then is known which is the last.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from outcry.kernel.naive_book import Header, Instrument, Order
from outcry_wire.records import LAST_OF_SEQ, LAYOUTS, WAS_RESTING, CancelReason, RecordType
from outcry_wire.rejects import Reject


#: What both order limits are until the first SET_LIMITS.
LIMIT_AT_START = 2**62


class Fact(NamedTuple):
    """A fact before its bytes."""

    type: RecordType
    flags: int
    instrument: int
    account: int
    body: tuple[int, ...]


@dataclass(slots=True)
class State:
    """All logical content of the engine."""

    seq: int = 0
    time_us: int = 0
    account_orders_max: int = LIMIT_AT_START
    total_orders_max: int = LIMIT_AT_START
    instruments: dict[int, Instrument] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    accounts: dict[int, dict[int, Order]] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)

    def book_of(self, order: Order) -> Instrument:
        """Return the instrument of *order*."""
        return self.instruments[order.instrument]

    def rest(self, order: Order) -> None:
        """Let *order* rest. One that is known already (a replaced one) keeps its place by owner."""
        self.book_of(order).add(order)
        self.orders[order.order_id] = order
        self.accounts.setdefault(order.account, {})[order.order_id] = order

    def remove(self, order: Order) -> None:
        """Take the resting *order* out of its book and forget it."""
        self.book_of(order).remove(order)
        self.forget(order)

    def forget(self, order: Order) -> None:
        """Forget *order*, which rests in no book any more: its id is free."""
        del self.orders[order.order_id]
        del self.accounts[order.account][order.order_id]
        if not self.accounts[order.account]:
            del self.accounts[order.account]

    def emit_for(self, order: Order, record_type: RecordType, *body: int, flags: int = 0) -> None:
        """Note a fact about *order*."""
        self.facts.append(Fact(record_type, flags, order.instrument, order.account, body))

    def emit(self, header: Header, record_type: RecordType, *body: int) -> None:
        """Note a fact about the command with *header*."""
        self.facts.append(Fact(record_type, 0, header.instrument, header.account, body))

    def reject(self, header: Header, reject: Reject, order_id: int = 0) -> None:
        """Note that a command other than PLACE_ORDER was refused."""
        self.emit(header, RecordType.COMMAND_REJECTED, order_id, reject, header.type)

    def emit_cancelled(self, order: Order, reason: CancelReason, *, resting: bool) -> None:
        """Note that *order* is over."""
        self.emit_for(
            order,
            RecordType.ORDER_CANCELLED,
            *(order.order_id, order.price, order.remaining, order.budget_left),
            *(order.outcome, order.side, reason),
            flags=WAS_RESTING if resting else 0,
        )

    def cancel(self, order: Order, reason: CancelReason) -> None:
        """Take the resting *order* out and note it."""
        self.remove(order)
        self.emit_cancelled(order, reason, resting=True)

    def take_facts(self, header: Header) -> bytes:
        """Return the bytes of the collected facts of the command with *header*."""
        assert self.facts, "every command yields a fact"
        records = []
        for fact in self.facts:
            last = LAST_OF_SEQ if fact is self.facts[-1] else 0
            layout = LAYOUTS[fact.type]
            records.append(
                layout.pack(
                    *(fact.type, fact.flags | last, layout.size, fact.instrument),
                    *(header.seq, header.time_us, fact.account),
                    *fact.body,
                ),
            )
        self.facts.clear()
        return b"".join(records)
