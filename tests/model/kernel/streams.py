"""Endless streams of commands that meet, miss and contradict each other, from a seed.

A stream knows nothing of any engine: it remembers what it sent and names old orders again, live
or not. Prices are narrow, so orders meet; few accounts and groups, so they meet themselves; about
one command in ten has something wrong with it. Instruments are halted, re-gridded and closed on
the way, and new ones take their place. The total of resting orders is bounded.
"""

import re
from collections import deque
from dataclasses import dataclass, field
from random import Random

from outcry_wire.records import (
    LAYOUTS,
    InstrumentKind,
    InstrumentState,
    OrderKind,
    RecordType,
    SelfTrade,
    Side,
    TimeInForce,
)
from outcry_wire.snapshot import RULES_VERSION


MARKET, PLAIN = InstrumentKind.MARKET, InstrumentKind.PLAIN
OPEN = InstrumentState.OPEN
TICKS = (1, 5, 10, 25, 50, 100)
PLAIN_TICKS = (1, 7, 25, 1_000)
#: Numbers at which fields end, and their neighbours.
EDGES = (0, 1, -1, 2, 3, 4, 255, 256, 2**31, 2**53, -(2**53), 10**9, 10**9 + 1, 10**18)
WORST = (2**63 - 1, -(2**63), 2**62, -(2**62))


@dataclass(slots=True)
class Sent:
    """An order as it was sent; it may be over."""

    order_id: int
    instrument: int
    account: int


@dataclass(slots=True)
class Market:
    """What a stream takes an instrument for; after a refused change it is wrong, on purpose."""

    instrument: int
    kind: int
    tick: int
    middle: int
    state: int = OPEN


@dataclass
class Stream:
    """A source of command records with rising seq."""

    seed: int
    #: Orders that may rest in all books together.
    resting_max: int = 200
    #: Instruments that are not closed.
    markets_max: int = 4
    #: Accounts that trade.
    accounts: int = 5
    #: One command in so many has a field spoiled.
    spoil_every: int = 12
    #: Prices lie within so many ticks of the middle.
    width: int = 6
    #: One price in so many of a plain instrument lies far off.
    far_every: int = 100
    #: One instrument in so many is a plain one.
    plain_every: int = 3
    seq: int = 0
    time_us: int = 1_000_000
    next_order: int = 1
    next_instrument: int = 1
    markets: list[Market] = field(default_factory=list)
    sent: deque[Sent] = field(default_factory=lambda: deque(maxlen=400))

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.actions = [
            *([self._place] * 60),
            *([self._cancel] * 14),
            *([self._reduce] * 6),
            *([self._replace] * 14),
            *([self._tick] * 3),
        ]
        self.rare = [
            *([self._cancel_all] * 3),
            *([self._set_instrument] * 4),
            *(self._close, self._set_limits, self._checkpoint, self._add_again),
        ]

    def take(self, count: int) -> list[bytes]:
        """Return the next *count* records."""
        return [self.record() for _ in range(count)]

    def record(self) -> bytes:
        """Return the next record."""
        if self.seq == 0:
            return self._pack(RecordType.SET_LIMITS, 0, 0, self.resting_max, self.resting_max)
        if len(self.markets) < self.markets_max:
            return self._add_instrument()
        if any(market.state != OPEN for market in self.markets) and self.random.randrange(30) == 0:
            return self._open_again()
        if self.random.randrange(100) == 0:
            return self.random.choice(self.rare)()
        return self.random.choice(self.actions)()

    def _pack(self, record_type: RecordType, instrument: int, account: int, *body: int) -> bytes:
        """Number a record; now and then, spoil one of its fields."""
        self.seq += 1
        self.time_us += self.random.randrange(3)
        layout = LAYOUTS[record_type]
        head = [record_type, 0, layout.size, instrument, self.seq, self.time_us, account]
        fields = list(body)
        if self.seq > 1 and self.random.randrange(self.spoil_every) == 0:
            self._spoil(record_type, head, fields)
        return layout.pack(*head, *fields)

    def _spoil(self, record_type: RecordType, head: list[int], fields: list[int]) -> None:
        where = self.random.randrange(4)
        if where == 0:
            head[3] = self.random.choice((0, 1, 2, 3, self.next_instrument, 2**32 - 1))
        elif where == 1:
            head[6] = self.random.choice((0, 1, 2, 3, -1, *WORST))
        elif fields and record_type != RecordType.SET_LIMITS:
            at = self.random.randrange(len(fields))
            edges = EDGES if self.random.randrange(4) else WORST
            value = self.random.choice((*edges, fields[at] + 1, fields[at] - 1))
            fields[at] = wrapped(value, CODES[record_type][at])

    def _market(self) -> Market:
        return self.random.choice(self.markets)

    def _account(self) -> int:
        return self.random.randrange(1, self.accounts + 1)

    def _price(self, market: Market, *, bids: bool) -> int:
        """Return a price at which about one order in four would trade."""
        steps = self.random.randrange(-2, self.width)
        steps = -steps if bids else steps
        if market.kind == PLAIN and self.random.randrange(self.far_every) == 0:
            reach = 10 ** self.random.randrange(2, 10)
            steps += self.random.randrange(-reach, reach)
        price = (market.middle + steps * market.tick) // market.tick * market.tick
        return price + (self.random.randrange(40) == 0)

    def _quantity(self) -> int:
        return self.random.choice((1, 2, 3, 5, 8, 13, self.random.randrange(1, 100)))

    def _old(self) -> Sent:
        """Return an order that was sent before, or one that never was."""
        if not self.sent or self.random.randrange(50) == 0:
            return Sent(self.random.randrange(1, 2**40), 1, self._account())
        back = self.random.randrange(len(self.sent)) // self.random.choice((1, 4, 16))
        return self.sent[-1 - back]

    def _place(self) -> bytes:
        random, market = self.random, self._market()
        order_id, self.next_order = self.next_order, self.next_order + 1
        if random.randrange(30) == 0:
            order_id = self._old().order_id
        elif random.randrange(100) == 0:
            self.next_order += random.choice((70_000, 2**33))
        account = self._account()
        outcome = random.randrange(2) if market.kind == MARKET else 0
        side = random.randrange(2)
        kind = OrderKind(random.choices((0, 1, 2), (80, 10, 10))[0])
        tif = TimeInForce(random.choices((0, 1, 2, 3), (60, 15, 12, 13))[0])
        if kind != OrderKind.LIMIT and random.randrange(20):
            tif = random.choice((TimeInForce.IOC, TimeInForce.FOK))
        if kind == OrderKind.MARKET_MONEY and random.randrange(20):
            side = Side.BUY
        rests = tif in (TimeInForce.GTC, TimeInForce.GTD)
        post_only = int(rests and random.randrange(8) == 0)
        budget = self._budget() if kind == OrderKind.MARKET_MONEY else 0
        expire = self.time_us + random.randrange(1, 400) if tif == TimeInForce.GTD else 0
        price = self._price(
            market, bids=(outcome == side) != (tif in (TimeInForce.IOC, TimeInForce.FOK))
        )
        self.sent.append(Sent(order_id, market.instrument, account))
        return self._pack(
            RecordType.PLACE_ORDER,
            market.instrument,
            account,
            *(order_id, random.choice((0, 0, account, account, 1)), outcome, side, kind, tif),
            *(post_only, random.choice(list(SelfTrade)), price, self._quantity()),
            *(budget, expire),
        )

    def _budget(self) -> int:
        return self.random.choice((5_000, 10_000, self.random.randrange(1, 300_000)))

    def _cancel(self) -> bytes:
        old = self._old()
        return self._pack(RecordType.CANCEL_ORDER, self._of(old), old.account, old.order_id)

    def _of(self, old: Sent) -> int:
        return 0 if self.random.randrange(10) == 0 else old.instrument

    def _reduce(self) -> bytes:
        old = self._old()
        head = (RecordType.REDUCE_ORDER, self._of(old), old.account)
        return self._pack(*head, old.order_id, self._quantity() - (self.random.randrange(20) == 0))

    def _replace(self) -> bytes:
        old = self._old()
        market = next((m for m in self.markets if m.instrument == old.instrument), self.markets[0])
        head = (RecordType.REPLACE_ORDER, self._of(old), old.account)
        post_only = int(self.random.randrange(5) == 0)
        price = self._price(market, bids=self.random.randrange(2) == 0)
        return self._pack(*head, old.order_id, price, self._quantity(), post_only)

    def _cancel_all(self) -> bytes:
        instrument = 0 if self.random.randrange(2) else self._market().instrument
        return self._pack(RecordType.CANCEL_ALL, instrument, self._account())

    def _tick(self) -> bytes:
        if self.random.randrange(20) == 0:
            self.time_us -= self.random.randrange(100)
        return self._pack(RecordType.TICK, 0, 0)

    def _checkpoint(self) -> bytes:
        instrument = self.random.choice((0, self._market().instrument))
        return self._pack(RecordType.CHECKPOINT, instrument, 0, self.seq)

    def _set_limits(self) -> bytes:
        account = self.random.choice((self.resting_max, self.resting_max // 6))
        total = self.random.choice((self.resting_max, self.resting_max // 2))
        return self._pack(RecordType.SET_LIMITS, 0, 0, account, total)

    def _add_again(self) -> bytes:
        return self._pack_add(self._market())

    def _add_instrument(self) -> bytes:
        kind = PLAIN if self.random.randrange(self.plain_every) == 0 else MARKET
        tick = self.random.choice(PLAIN_TICKS if kind == PLAIN else TICKS)
        middle = self.random.choice((0, -10_000, 123_450)) if kind == PLAIN else 5_000
        market = Market(self.next_instrument, kind, tick, middle)
        self.next_instrument += self.random.choice((1, 1, 1, 1_000))
        self.markets.append(market)
        return self._pack_add(market)

    def _pack_add(self, market: Market) -> bytes:
        bounds = (1, 9_999) if market.kind == MARKET else (0, 0)
        if market.kind == PLAIN and self.random.randrange(2):
            bounds = (market.middle - 10**6, market.middle + 10**6)
        settings = (market.kind, market.state, market.tick, *bounds, 1, 200, self.resting_max)
        record_type = RecordType.ADD_INSTRUMENT
        return self._pack(record_type, market.instrument, 0, *settings, RULES_VERSION)

    def _set_instrument(self) -> bytes:
        market = self._market()
        market.state = self.random.choice((OPEN, *list(InstrumentState)[:4]))
        if self.random.randrange(3):
            market.tick = self.random.choice(TICKS if market.kind == MARKET else PLAIN_TICKS)
        return self._pack_set(market)

    def _open_again(self) -> bytes:
        for market in self.markets:
            if market.state != OPEN:
                market.state = OPEN
                break
        return self._pack_set(market)

    def _pack_set(self, market: Market) -> bytes:
        orders_max = self.random.choice((self.resting_max, self.resting_max // 4))
        quantities = (self.random.choice((1, 1, 1, 3)), 200)
        settings = (market.state, market.tick, *quantities, orders_max)
        return self._pack(RecordType.SET_INSTRUMENT, market.instrument, 0, *settings)

    def _close(self) -> bytes:
        market = self._market()
        self.markets.remove(market)
        settings = (InstrumentState.CLOSED, market.tick, 1, 200, self.resting_max)
        return self._pack(RecordType.SET_INSTRUMENT, market.instrument, 0, *settings)


def body_codes(layout: str) -> str:
    """Return the struct code of each body field of *layout*, padding left out."""
    return re.sub(r"\d*x", "", layout.removeprefix("<BBHIqqq"))


CODES = {record_type: body_codes(layout.format) for record_type, layout in LAYOUTS.items()}


def wrapped(value: int, code: str) -> int:
    """Return *value* brought into the range of a field with struct *code*."""
    return value % 256 if code == "B" else (value + 2**63) % 2**64 - 2**63
