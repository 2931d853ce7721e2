"""A small language for cases about matching: commands are calls, facts are short sentences.

    book.sell(1, 10, at=6000)                     # order 1 offers 10 lots of YES at 6000 ticks
    assert book.buy(2, 4, at=6500) == ["traded #2 x #1 4@6000 TRANSFER left 0|6"]

Every command gets the next seq. After each, what holds for every command is checked here once: its
facts carry its seq and time, exactly the last carries the last-of-seq flag, all bytes are
consumed, and the engine's own invariants hold. ``book.facts`` has the facts of the last command
with every field.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.unit.kernel.engines import Kernel

from outcry_wire.records import (
    HEADER,
    LAST_OF_SEQ,
    LAYOUTS,
    WAS_RESTING,
    CancelReason,
    InstrumentKind,
    InstrumentState,
    MatchKind,
    OrderKind,
    RecordType,
    ReduceReason,
    SelfTrade,
    Side,
    TimeInForce,
)
from outcry_wire.rejects import Reject
from outcry_wire.snapshot import RULES_VERSION


YES, NO = 0, 1
BUY, SELL = Side.BUY, Side.SELL

#: Names of the fields after the header.
FIELDS = {
    RecordType.ORDER_PLACED: "order_id price remaining outcome side",
    RecordType.ORDER_REJECTED: "order_id reject",
    RecordType.COMMAND_REJECTED: "order_id reject command",
    RecordType.TRADED: (
        "trade_id price qty taker_order taker_remaining taker_budget_left maker_order"
        " maker_account maker_remaining fill match taker_outcome taker_side maker_outcome"
        " maker_side"
    ),
    RecordType.ORDER_CANCELLED: "order_id price remaining budget_left outcome side reason",
    RecordType.ORDER_REDUCED: "order_id price by remaining outcome side reason",
    RecordType.ORDER_REPLACED: (
        "order_id price remaining old_price old_remaining outcome side priority_kept"
    ),
    RecordType.INSTRUMENT_CHANGED: (
        "kind state tick price_min price_max qty_min qty_max orders_max"
    ),
    RecordType.TICKED: "",
    RecordType.BOOK_HASHED: "checkpoint_id hash orders",
    RecordType.COMMAND_DONE: "command count",
}


@dataclass(frozen=True)
class Fact:
    """A decoded fact."""

    type: RecordType
    flags: int
    instrument: int
    seq: int
    time_us: int
    account: int
    body: dict[str, int]

    def __getitem__(self, field: str) -> int:
        """Return a field of the body."""
        return self.body[field]

    def __str__(self) -> str:
        """Say in one line what happened; flags are worded, the header is left out."""
        return _SENTENCES[self.type](self)


def _incoming(fact: Fact) -> str:
    return "" if fact.flags & WAS_RESTING else " incoming"


def _traded(f: Fact) -> str:
    money = f" money {f['taker_budget_left']}" if f["taker_budget_left"] else ""
    return (
        f"traded #{f['taker_order']} x #{f['maker_order']} {f['qty']}@{f['price']}"
        f" {MatchKind(f['match']).name} left {f['taker_remaining']}|{f['maker_remaining']}{money}"
    )


def _cancelled(f: Fact) -> str:
    money = f" money {f['budget_left']}" if f["budget_left"] else ""
    reason = CancelReason(f["reason"]).name
    return f"cancelled #{f['order_id']} {f['remaining']}@{f['price']} {reason}{money}{_incoming(f)}"


def _reduced(f: Fact) -> str:
    terms = f"by {f['by']} to {f['remaining']}@{f['price']}"
    return f"reduced #{f['order_id']} {terms} {ReduceReason(f['reason']).name}{_incoming(f)}"


def _replaced(f: Fact) -> str:
    terms = f"{f['old_remaining']}@{f['old_price']} -> {f['remaining']}@{f['price']}"
    return f"replaced #{f['order_id']} {terms}{' in place' if f['priority_kept'] else ''}"


def _changed(f: Fact) -> str:
    names = f"{InstrumentKind(f['kind']).name} {InstrumentState(f['state']).name}"
    prices = f"tick {f['tick']} prices {f['price_min']}..{f['price_max']}"
    lots = f"lots {f['qty_min']}..{f['qty_max']} max {f['orders_max']}"
    return f"instrument {f.instrument} {names} {prices} {lots}"


def _refused(f: Fact) -> str:
    known = f["command"] in set(RecordType)
    command = RecordType(f["command"]).name if known else f"type {f['command']}"
    order = f" #{f['order_id']}" if f["order_id"] else ""
    return f"refused {command}{order} {Reject(f['reject']).name}"


_SENTENCES: dict[RecordType, Callable[[Fact], str]] = {
    RecordType.ORDER_PLACED: lambda f: (
        f"placed #{f['order_id']} {Side(f['side']).name} {['YES', 'NO'][f['outcome']]}"
        f" {f['remaining']}@{f['price']}"
    ),
    RecordType.ORDER_REJECTED: lambda f: f"rejected #{f['order_id']} {Reject(f['reject']).name}",
    RecordType.COMMAND_REJECTED: _refused,
    RecordType.TRADED: _traded,
    RecordType.ORDER_CANCELLED: _cancelled,
    RecordType.ORDER_REDUCED: _reduced,
    RecordType.ORDER_REPLACED: _replaced,
    RecordType.INSTRUMENT_CHANGED: _changed,
    RecordType.TICKED: lambda _: "ticked",
    RecordType.BOOK_HASHED: lambda f: f"hashed {f.instrument} of {f['orders']} orders",
    RecordType.COMMAND_DONE: lambda f: f"done {RecordType(f['command']).name} {f['count']}",
}


def decode(data: bytes) -> list[Fact]:
    """Return the facts in *data*, which must be whole records of known layouts."""
    facts, offset = [], 0
    while offset < len(data):
        kind, flags, length, instrument, seq, time_us, account = HEADER.unpack_from(data, offset)
        layout = LAYOUTS[RecordType(kind)]
        assert length == layout.size
        body = layout.unpack_from(data, offset)[7:]
        names = FIELDS[RecordType(kind)].split()
        fields = dict(zip(names, body, strict=True))
        facts.append(Fact(RecordType(kind), flags, instrument, seq, time_us, account, fields))
        offset += length
    assert offset == len(data)
    return facts


def command(
    record_type: RecordType, *body: int, instrument: int, seq: int, time_us: int, account: int
) -> bytes:
    """Return the bytes of one command."""
    layout = LAYOUTS[record_type]
    return layout.pack(record_type, 0, layout.size, instrument, seq, time_us, account, *body)


class Book:
    """An engine, and the words to talk to it."""

    def __init__(self, engine_class: type[Kernel]) -> None:
        self.engine = engine_class()
        self.seq = 0
        self.time_us = 1_000
        self.facts: list[Fact] = []
        #: Every command sent, for replaying.
        self.journal: list[bytes] = []

    def send(
        self, record_type: RecordType, *body: int, instrument: int = 1, account: int = 1
    ) -> list[str]:
        """Number a command, process it, check what holds for all, and return its facts."""
        self.seq += 1
        record = command(
            record_type,
            *body,
            instrument=instrument,
            seq=self.seq,
            time_us=self.time_us,
            account=account,
        )
        self.journal.append(record)
        self.facts = decode(self.engine.process(record))
        assert self.engine.consumed == len(record)
        assert self.engine.seq == self.seq
        assert {(fact.seq, fact.time_us) for fact in self.facts} == {(self.seq, self.time_us)}
        last = [bool(fact.flags & LAST_OF_SEQ) for fact in self.facts]
        assert last == [False] * (len(last) - 1) + [True]
        self.engine.check()
        return [str(fact) for fact in self.facts]

    def place(
        self,
        order_id: int,
        qty: int = 0,
        *,
        side: int = BUY,
        at: int,
        outcome: int = YES,
        kind: int = OrderKind.LIMIT,
        tif: int = TimeInForce.GTC,
        post_only: int = 0,
        self_trade: int = SelfTrade.CANCEL_TAKER,
        group: int = 0,
        money: int = 0,
        expire: int = 0,
        instrument: int = 1,
        account: int = 1,
    ) -> list[str]:
        """Place an order with every term free."""
        body = (order_id, group, outcome, side, kind, tif, post_only, self_trade)
        terms = (at, qty, money, expire)
        place = RecordType.PLACE_ORDER
        return self.send(place, *body, *terms, instrument=instrument, account=account)

    def buy(self, order_id: int, qty: int, at: int, **terms: int) -> list[str]:
        """Place a limit order that buys YES (or *outcome*)."""
        return self.place(order_id, qty, side=BUY, at=at, **terms)

    def sell(self, order_id: int, qty: int, at: int, **terms: int) -> list[str]:
        """Place a limit order that sells YES (or *outcome*)."""
        return self.place(order_id, qty, side=SELL, at=at, **terms)

    def ioc(self, order_id: int, qty: int, at: int, side: int = BUY, **terms: int) -> list[str]:
        """Place an immediate-or-cancel limit order."""
        return self.place(order_id, qty, side=side, at=at, tif=TimeInForce.IOC, **terms)

    def fok(self, order_id: int, qty: int, at: int, side: int = BUY, **terms: int) -> list[str]:
        """Place a fill-or-kill limit order."""
        return self.place(order_id, qty, side=side, at=at, tif=TimeInForce.FOK, **terms)

    def market(
        self, order_id: int, qty: int, bound: int, side: int = BUY, **terms: int
    ) -> list[str]:
        """Place a market order by quantity (IOC unless *tif* says otherwise)."""
        terms = {"tif": TimeInForce.IOC, "kind": OrderKind.MARKET_QTY, **terms}
        return self.place(order_id, qty, side=side, at=bound, **terms)

    def spend(self, order_id: int, money: int, bound: int, **terms: int) -> list[str]:
        """Place a market buy by money (IOC unless *tif* says otherwise)."""
        terms = {"tif": TimeInForce.IOC, "kind": OrderKind.MARKET_MONEY, **terms}
        return self.place(order_id, money=money, at=bound, **terms)

    def cancel(self, order_id: int, **header: int) -> list[str]:
        """Cancel an order."""
        return self.send(RecordType.CANCEL_ORDER, order_id, **header)

    def cancel_all(self, **header: int) -> list[str]:
        """Cancel all orders of an account, in every book unless *instrument* says otherwise."""
        return self.send(RecordType.CANCEL_ALL, **{"instrument": 0, **header})

    def reduce(self, order_id: int, by: int, **header: int) -> list[str]:
        """Make an order smaller."""
        return self.send(RecordType.REDUCE_ORDER, order_id, by, **header)

    def replace(
        self, order_id: int, total: int, at: int, post_only: int = 0, **header: int
    ) -> list[str]:
        """Give an order a new total quantity and price."""
        return self.send(RecordType.REPLACE_ORDER, order_id, at, total, post_only, **header)

    def tick(self, time_us: int) -> list[str]:
        """Let the time be *time_us*."""
        self.time_us = time_us
        return self.send(RecordType.TICK, instrument=0, account=0)

    def add(
        self,
        instrument: int = 1,
        *,
        kind: int = InstrumentKind.MARKET,
        state: int = InstrumentState.OPEN,
        tick: int = 100,
        prices: tuple[int, int] = (100, 9900),
        lots: tuple[int, int] = (1, 1000),
        orders_max: int = 1000,
        rules_version: int = RULES_VERSION,
    ) -> list[str]:
        """Add an instrument."""
        body = (kind, state, tick, *prices, *lots, orders_max, rules_version)
        return self.send(RecordType.ADD_INSTRUMENT, *body, instrument=instrument, account=0)

    def set(
        self,
        instrument: int = 1,
        *,
        state: int = InstrumentState.OPEN,
        tick: int = 100,
        lots: tuple[int, int] = (1, 1000),
        orders_max: int = 1000,
    ) -> list[str]:
        """Set the settings of an instrument."""
        body = (state, tick, *lots, orders_max)
        return self.send(RecordType.SET_INSTRUMENT, *body, instrument=instrument, account=0)

    def limits(self, *, account: int, total: int) -> list[str]:
        """Set how many orders may rest, of one account and of all."""
        return self.send(RecordType.SET_LIMITS, account, total, instrument=0, account=0)

    def checkpoint(self, checkpoint_id: int = 1, instrument: int = 0) -> list[str]:
        """Ask for the hash of one book or all."""
        return self.send(RecordType.CHECKPOINT, checkpoint_id, instrument=instrument, account=0)

    def resting(self, instrument: int = 1) -> list[str]:
        """Return the orders of a book, bids from the best, then asks, as ``#id lots@price``."""
        return [f"#{order[0]} {order[6]}@{order[5]}" for order in self.engine.orders(instrument)]
