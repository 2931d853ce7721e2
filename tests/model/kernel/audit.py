"""A witness that knows no engine: it rebuilds the books from facts alone and checks the law.

* Every fill is with the oldest order at the best opposite price, at that order's price, within the
  taker's limit, and never with one's own group.
* Quantities and money are conserved: what facts say remains is what was asked minus what traded,
  lots bought equal lots sold for each kind of match, pairs minted and merged account for every
  micro, and a budget is never exceeded.
* Orders appear, change and end by facts: what the facts leave is what the engine holds.
"""

from collections import Counter
from dataclasses import dataclass

from tests.unit.kernel.book import Fact
from tests.unit.kernel.engines import Kernel

from outcry_wire.records import (
    HEADER,
    LAST_OF_SEQ,
    PLACE_ORDER,
    WAS_RESTING,
    CancelReason,
    InstrumentKind,
    InstrumentState,
    MatchKind,
    OrderKind,
    RecordType,
    Side,
    TimeInForce,
)


PAIR = 10_000


@dataclass(slots=True)
class Order:
    """An order as the facts describe it."""

    order_id: int
    instrument: int
    account: int
    stp_group: int
    outcome: int
    side: int
    price: int
    remaining: int
    budget: int
    expire_at_us: int

    def bids(self) -> bool:
        """Return whether it stands among the bids."""
        return self.outcome == self.side

    def row(self) -> tuple[int, ...]:
        """Return it as an engine lists it."""
        head = (self.order_id, self.account, self.stp_group, self.outcome, self.side)
        return (*head, self.price, self.remaining, self.expire_at_us)


class Audit:
    """Follows commands and their facts, and raises AssertionError at the first that is wrong."""

    def __init__(self) -> None:
        #: Resting orders in time order: within a price, dict order is queue order.
        self.orders: dict[int, Order] = {}
        self.kinds: dict[int, int] = {}
        self.cash: Counter[int] = Counter()
        self.tokens: Counter[tuple[int, int, int]] = Counter()
        self.collateral: Counter[int] = Counter()
        self.lots: Counter[tuple[int, int]] = Counter()
        self.fills = 0
        self.taker: Order | None = None

    def follow(self, record: bytes, facts: list[Fact]) -> None:
        """Check the *facts* of one command *record*."""
        assert facts
        assert [bool(fact.flags & LAST_OF_SEQ) for fact in facts][:-1] == [False] * (len(facts) - 1)
        assert facts[-1].flags & LAST_OF_SEQ
        seq = HEADER.unpack_from(record)[4]
        self.taker = taker_of(record) if record[0] == RecordType.PLACE_ORDER else None
        placed = self.taker
        wanted = (placed.remaining, placed.budget) if placed else (0, 0)
        for number, fact in enumerate(facts):
            assert fact.seq == seq
            self._fact(fact, number, facts)
        if placed is not None:
            self._check_end(record, wanted, facts)
        self.taker = None

    def _fact(self, fact: Fact, number: int, facts: list[Fact]) -> None:
        match fact.type:
            case RecordType.TRADED:
                self._traded(fact)
            case RecordType.ORDER_PLACED:
                self._placed(fact)
            case RecordType.ORDER_CANCELLED:
                self._cancelled(fact)
            case RecordType.ORDER_REDUCED:
                self._reduced(fact)
            case RecordType.ORDER_REPLACED:
                self._replaced(fact)
            case RecordType.INSTRUMENT_CHANGED:
                self._changed(fact)
            case RecordType.ORDER_REJECTED | RecordType.COMMAND_REJECTED:
                assert len(facts) == 1, "a refused command changes nothing"
            case _:
                assert number == len(facts) - 1 or fact.type == RecordType.BOOK_HASHED

    def queue(self, instrument: int, *, bids: bool) -> list[Order]:
        """Return one side of a book, best first, oldest first within a price."""
        side = [
            order
            for order in self.orders.values()
            if order.instrument == instrument and order.bids() == bids
        ]
        return sorted(side, key=lambda order: -order.price if bids else order.price)

    def _traded(self, fact: Fact) -> None:
        taker = self.taker
        assert taker is not None
        assert fact["trade_id"] == fact.seq
        maker = self.queue(fact.instrument, bids=not taker.bids())[0]
        quantity, price = fact["qty"], fact["price"]
        assert quantity > 0
        assert fact["maker_order"] == maker.order_id, "not the first of the best price"
        assert (fact.account, fact["maker_account"]) == (taker.account, maker.account)
        assert (fact["taker_outcome"], fact["taker_side"]) == (taker.outcome, taker.side)
        assert (fact["maker_outcome"], fact["maker_side"]) == (maker.outcome, maker.side)
        assert price == maker.price, "not the maker's price"
        assert taker.price >= price if taker.bids() else taker.price <= price, "beyond the limit"
        assert not taker.stp_group == maker.stp_group != 0, "a trade with oneself"
        maker.remaining -= quantity
        if taker.budget:
            taker.budget -= quantity * own(taker.outcome, price)
        else:
            taker.remaining -= quantity
        assert maker.remaining == fact["maker_remaining"] >= 0
        assert taker.remaining == fact["taker_remaining"] >= 0
        assert taker.budget == fact["taker_budget_left"] >= 0
        if maker.remaining == 0:
            del self.orders[maker.order_id]
        self._settle(fact, taker, maker)

    def _settle(self, fact: Fact, taker: Order, maker: Order) -> None:
        quantity, price = fact["qty"], fact["price"]
        for order in (taker, maker):
            sign = 1 if order.side == Side.BUY else -1
            self.tokens[fact.instrument, order.account, order.outcome] += sign * quantity
            self.cash[order.account] -= sign * quantity * own(order.outcome, price)
        same = taker.outcome == maker.outcome
        if same:
            assert fact["match"] == MatchKind.TRANSFER
            assert taker.side != maker.side
        else:
            assert taker.side == maker.side
            minted = taker.side == Side.BUY
            assert fact["match"] == (MatchKind.MINT if minted else MatchKind.MERGE)
            self.collateral[fact.instrument] += (quantity if minted else -quantity) * PAIR
        for order in (taker, maker):
            self.lots[fact["match"], order.side] += quantity
        self.fills += 1

    def _placed(self, fact: Fact) -> None:
        order = self.taker
        assert order is not None
        assert order.order_id == fact["order_id"] not in self.orders
        assert (fact["price"], fact["remaining"]) == (order.price, order.remaining)
        assert (fact["outcome"], fact["side"]) == (order.outcome, order.side)
        assert order.remaining > 0
        self.orders[order.order_id] = order
        opposite = self.queue(order.instrument, bids=not order.bids())
        assert not opposite or not crosses(order, opposite[0].price), "crossed"

    def _find(self, fact: Fact) -> Order:
        resting = bool(fact.flags & WAS_RESTING)
        order = self.orders[fact["order_id"]] if resting else self.taker
        assert order is not None
        assert order.order_id == fact["order_id"]
        assert (fact.account, fact.instrument) == (order.account, order.instrument)
        assert (fact["outcome"], fact["side"]) == (order.outcome, order.side)
        assert fact["price"] == order.price
        return order

    def _cancelled(self, fact: Fact) -> None:
        order = self._find(fact)
        assert (fact["remaining"], fact["budget_left"]) == (order.remaining, order.budget)
        if fact.flags & WAS_RESTING:
            del self.orders[order.order_id]

    def _reduced(self, fact: Fact) -> None:
        order = self._find(fact)
        assert fact["by"] > 0
        order.remaining -= fact["by"]
        assert order.remaining == fact["remaining"] >= 0

    def _replaced(self, fact: Fact) -> None:
        order = self.orders[fact["order_id"]]
        assert (fact["old_price"], fact["old_remaining"]) == (order.price, order.remaining)
        assert fact["remaining"] > 0
        order.remaining = fact["remaining"]
        if fact["priority_kept"]:
            assert (fact["price"], fact["old_remaining"] >= fact["remaining"]) == (
                order.price,
                True,
            )
        else:
            order.price = fact["price"]
            self.taker = self.orders.pop(order.order_id)

    def _changed(self, fact: Fact) -> None:
        self.kinds[fact.instrument] = fact["kind"]
        if fact["state"] == InstrumentState.CLOSED:
            assert all(order.instrument != fact.instrument for order in self.orders.values())

    def _check_end(self, record: bytes, wanted: tuple[int, int], facts: list[Fact]) -> None:
        """Check that an order ended as its time in force says."""
        order_id, *_, kind, tif = PLACE_ORDER.unpack_from(record)[7:13]
        quantity, budget = wanted
        last = facts[-1]
        traded = any(fact.type == RecordType.TRADED for fact in facts)
        reason = last["reason"] if last.type == RecordType.ORDER_CANCELLED else None
        if order_id in self.orders and last.type == RecordType.ORDER_PLACED:
            assert kind == OrderKind.LIMIT
            assert tif in (TimeInForce.GTC, TimeInForce.GTD)
        if reason == CancelReason.FILL_OR_KILL:
            assert len(facts) == 1
            assert tif == TimeInForce.FOK
            assert (last["remaining"], last["budget_left"]) == (quantity, budget)
        elif tif == TimeInForce.FOK and traded:
            filled = last.type == RecordType.TRADED and last["taker_remaining"] == 0
            assert filled or reason == CancelReason.MONEY_SPENT
        if last.type == RecordType.TRADED:
            assert last["taker_remaining"] == 0
            assert kind != OrderKind.MARKET_MONEY

    def check(self, engine: Kernel) -> None:
        """Check that *engine* holds what the facts left, and that nothing was lost."""
        assert engine.order_count == len(self.orders)
        for instrument in self.kinds:
            expected = [
                order.row() for bids in (True, False) for order in self.queue(instrument, bids=bids)
            ]
            assert engine.orders(instrument) == expected
        for match in MatchKind:
            bought, sold = self.lots[match, Side.BUY], self.lots[match, Side.SELL]
            pairs = {MatchKind.TRANSFER: bought == sold, MatchKind.MINT: sold == 0}
            assert pairs.get(match, bought == 0)
        assert sum(self.cash.values()) + sum(self.collateral.values()) == 0
        for instrument, kind in self.kinds.items():
            yes, no = (
                sum(n for (i, _, o), n in self.tokens.items() if (i, o) == (instrument, outcome))
                for outcome in (0, 1)
            )
            assert yes * PAIR == no * PAIR == self.collateral[instrument]
            assert kind == InstrumentKind.MARKET or yes == no == 0


def taker_of(record: bytes) -> Order:
    """Return the order that a PLACE_ORDER asks for."""
    fields = PLACE_ORDER.unpack_from(record)
    instrument, account, order_id, group = fields[3], *fields[6:9]
    outcome, side, kind, price, qty, budget, expire = *fields[9:12], *fields[15:]
    money = kind == OrderKind.MARKET_MONEY
    return Order(
        order_id=order_id,
        instrument=instrument,
        account=account,
        stp_group=group,
        outcome=outcome,
        side=side,
        price=price,
        remaining=0 if money else qty,
        budget=budget if money else 0,
        expire_at_us=expire,
    )


def own(outcome: int, price: int) -> int:
    """Return what one lot of *outcome* costs at book price *price*."""
    return PAIR - price if outcome else price


def crosses(order: Order, price: int) -> bool:
    """Return whether *order* could trade at *price*."""
    return order.price >= price if order.bids() else order.price <= price
