"""What each rule costs, by itself: small patterns of commands, repeated on one calm book.

Every pattern leaves the book as it was, so it can go on for ever. What is reported is CPU time per
command, and what a pattern costs more than the one that it is compared with.
"""

from collections.abc import Callable
from types import ModuleType

from kernel.measure import TARGET, clock, market, place

from outcry_wire.records import (
    CANCEL_ORDER,
    PLACE_ORDER,
    REDUCE_ORDER,
    REPLACE_ORDER,
    SET_LIMITS,
    OrderKind,
    RecordType,
    SelfTrade,
    TimeInForce,
)


REPEATS = 20_000
FIRST = 1 << 20
MAKER, TAKER = 1, 2
#: Where nobody stands, and where a bid has company.
PRICE = 5000
COMPANY = 4880

Pattern = Callable[[int], list[bytes]]


def order(order_id: int, account: int, side: int = 0, qty: int = 10, **terms: int) -> bytes:
    """Return a PLACE_ORDER, at `PRICE` if not said otherwise; *terms* are fields that are not 0."""
    head = (RecordType.PLACE_ORDER, 0, PLACE_ORDER.size, 1, order_id, order_id, account)
    names = ("kind", "tif", "post_only", "self_trade")
    choices = [terms.get(name, 0) for name in names]
    group, outcome, price = (
        terms.get("group", 0),
        terms.get("outcome", 0),
        terms.get("price", PRICE),
    )
    last = (price, qty, terms.get("budget", 0), terms.get("expire", 0))
    return PLACE_ORDER.pack(*head, order_id, group, outcome, side, *choices, *last)


def cancel(order_id: int, account: int = MAKER) -> bytes:
    """Return a CANCEL_ORDER."""
    head = (RecordType.CANCEL_ORDER, 0, CANCEL_ORDER.size, 1, order_id, order_id, account)
    return CANCEL_ORDER.pack(*head, order_id)


def reduce(order_id: int) -> bytes:
    """Return a REDUCE_ORDER by one lot."""
    head = (RecordType.REDUCE_ORDER, 0, REDUCE_ORDER.size, 1, order_id, order_id, MAKER)
    return REDUCE_ORDER.pack(*head, order_id, 1)


def replace(order_id: int, price: int) -> bytes:
    """Return a REPLACE_ORDER that loses its place in the queue."""
    head = (RecordType.REPLACE_ORDER, 0, REPLACE_ORDER.size, 1, order_id, order_id, MAKER)
    return REPLACE_ORDER.pack(*head, order_id, price, 10, 0)


def resting(**terms: int) -> Pattern:
    """Place an order with these terms where others rest, and cancel it."""
    return lambda k: [order(k, MAKER, **{"price": COMPANY} | terms), cancel(k)]


def taking(**terms: int) -> Pattern:
    """Let an order rest where nobody stands, and take it with one of these terms."""
    return lambda k: [
        order(k, MAKER, side=1, group=terms.get("maker_group", 0)),
        order(k + 1, TAKER, **{"tif": TimeInForce.IOC} | terms),
    ]


def changing(*changes: Callable[[int], bytes]) -> Pattern:
    """Place an order, change it, cancel it."""
    return lambda k: [
        order(k, MAKER, price=COMPANY),
        *(change(k) for change in changes),
        cancel(k),
    ]


MONEY = {"kind": OrderKind.MARKET_MONEY, "budget": 10 * PRICE, "qty": 0}
RESTING: dict[str, Pattern] = {
    "place and cancel": resting(),
    "post-only": resting(post_only=1),
    "good till date": resting(tif=TimeInForce.GTD, expire=2**50),
    "self-trade group": resting(group=7),
    "other outcome": resting(outcome=1, side=1),
}
TAKING: dict[str, Pattern] = {
    "rest and take": taking(),
    "fill or kill": taking(tif=TimeInForce.FOK),
    "market by quantity": taking(kind=OrderKind.MARKET_QTY),
    "market by money": taking(**MONEY),
    "mint": lambda k: [order(k, MAKER, outcome=1), order(k + 1, TAKER, tif=TimeInForce.IOC)],
    "groups that do not meet": taking(group=7, maker_group=8),
    "cancel maker of own group": lambda k: [
        order(k, MAKER, side=1, group=7),
        order(k + 1, TAKER, group=7, self_trade=SelfTrade.CANCEL_MAKER, tif=TimeInForce.IOC),
    ],
}
CHANGING: dict[str, Pattern] = {
    "reduce": changing(reduce),
    "replace": changing(lambda k: replace(k, COMPANY - 2)),
}


def costs(engine_module: ModuleType) -> dict[str, dict[str, float]]:
    """Return ns per command of each pattern, and its difference to the first of its kind."""
    figures = {}
    for patterns in (RESTING, TAKING):
        base = 0.0
        for name, pattern in patterns.items():
            spent = seconds(engine_module, pattern) / 2
            base = base or spent
            figures[name] = {"ns": spent, "more": spent - base}
    pair = 2 * figures["place and cancel"]["ns"]
    for name, pattern in CHANGING.items():
        figures[name] = {"ns": seconds(engine_module, pattern) - pair}
    limits = SET_LIMITS.pack(RecordType.SET_LIMITS, 0, SET_LIMITS.size, 0, 1, 1, 0, 10**6, 10**6)
    spent = seconds(engine_module, RESTING["place and cancel"], limits) / 2
    figures["limits on orders"] = {"ns": spent, "more": spent - figures["place and cancel"]["ns"]}
    return figures


def seconds(engine_module: ModuleType, pattern: Pattern, before: bytes = b"") -> float:
    """Return ns of one repeat of a pattern, the least of five runs of `REPEATS`."""
    engine = engine_module.Engine()
    calm = [place(k, k & 1, (4900 if k & 1 == 0 else 5100) - k % 50, 10) for k in range(2, 400)]
    engine.process(market() + before + b"".join(calm))
    stream = b"".join(part for k in range(REPEATS) for part in pattern(FIRST + 2 * k))
    engine.bind(stream, bytearray(16 * TARGET))
    times = []
    for _ in range(5):
        start = clock()
        engine.process_bound(0, len(stream))
        times.append(clock() - start)
        assert engine.consumed == len(stream)
    return min(times) * 1e9 / REPEATS
