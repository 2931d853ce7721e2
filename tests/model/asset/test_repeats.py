"""Requests repeated and interleaved in any way: the books end the same."""

import asyncio
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.venue import Venue, limit

from outcry.domain.ids import FEES
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.state import Ledger
from outcry.messages import requests as req
from outcry_wire.records import Side, TimeInForce


MONEY = 100_000_000
ANN, BOB = 1000, 1001

#: What crosses, settles and charges: the end depends on the order, so only repeats move about.
SCRIPT: list[req.FundsOp | req.PlaceRequest] = [
    req.DepositOp(0, ANN, 0, 7_000_000, "d1"),
    limit(ANN, 1, Side.BUY, 6_000, 1_000, client_order_id="a1"),
    limit(BOB, 1, Side.BUY, 4_500, 600, outcome=1, client_order_id="b1"),
    req.SplitOp(0, BOB, 1, 700, "s1"),
    req.MergeOp(0, BOB, 1, 50, "m1"),
    limit(BOB, 1, Side.SELL, 5_500, 600, client_order_id="b2"),
    req.WithdrawOp(0, ANN, 0, 1_000_000, "w1"),
    limit(ANN, 1, Side.BUY, 5_600, 500, tif=TimeInForce.IOC, client_order_id="a2"),
    limit(BOB, 1, Side.BUY, 3_000, 300, outcome=1, client_order_id="b3"),
    req.DepositOp(0, BOB, 0, 3_000_000, "d2"),
]

#: What commutes: nothing here decides whether another may be granted.
FREE: list[req.FundsOp | req.PlaceRequest] = [
    *(req.DepositOp(0, who, 0, 1_000_003, f"d{who}") for who in (ANN, BOB)),
    *(req.WithdrawOp(0, who, 0, 500_001, f"w{who}") for who in (ANN, BOB)),
    *(req.SplitOp(0, who, 1, 77, "s") for who in (ANN, BOB)),
    *(limit(ANN, 1, Side.BUY, 4_000 + 100 * i, 10 + i, client_order_id=f"a{i}") for i in range(4)),
    *(
        limit(BOB, 1, Side.BUY, 3_000 + 100 * i, 10 + i, outcome=1, client_order_id=f"b{i}")
        for i in range(4)
    ),
]


def books(ledger: Ledger) -> dict[str, Any]:
    """Return all that customers own and have open, without the numbers that order alone gives."""
    return {
        "balances": {key: one for key, one in ledger.balances.items() if one.total or one.held},
        "positions": ledger.positions,
        "fees": ledger.total(FEES, 0),
        "orders": {
            (order.account, order.client_order_id): (order.hold, order.remaining, order.status)
            for order in ledger.orders.values()
        },
        "known": {
            key: (one.request_hash, one.status, one.filled, one.volume, one.fee)
            for key, one in ledger.client_orders.items()
        },
    }


async def _ask(venue: Venue, request: req.FundsOp | req.PlaceRequest) -> None:
    if isinstance(request, req.PlaceRequest):
        await venue.placed(request)
    else:
        await venue.fund(request)


async def _end(waves: list[list[req.FundsOp | req.PlaceRequest]]) -> dict[str, Any]:
    """Return the books after *waves*, each of which is sent at once; a restart lies between two."""
    venue = Venue()
    async with venue.running():
        fees = (await venue.fund(req.SetFeesOp(0, 1, 100, 50, 2_000))).id
        for name in ("ann", "bob"):
            await venue.user(name, MONEY)
        await venue.market(fee_version=fees)
        for wave in waves[: len(waves) // 2]:
            await asyncio.gather(*(_ask(venue, request) for request in wave))
    async with venue.running():
        for wave in waves[len(waves) // 2 :]:
            await asyncio.gather(*(_ask(venue, request) for request in wave))
        audit(venue.asset.ledger)
        return books(venue.asset.ledger)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_repeats_of_what_was_asked_change_nothing(data: st.DataObject) -> None:
    """Any earlier request again, beside any later one, leaves the books as if it came once."""
    waves = []
    for index, request in enumerate(SCRIPT):
        again = data.draw(st.lists(st.integers(0, index), max_size=4))
        waves.append([request, *(SCRIPT[i] for i in again)])

    assert asyncio.run(_end(waves)) == asyncio.run(_end([[request] for request in SCRIPT]))


@settings(max_examples=15, deadline=None)
@given(
    order=st.permutations(FREE),
    again=st.lists(st.sampled_from(FREE), max_size=20),
    cuts=st.lists(st.integers(0, len(FREE)), max_size=3).map(sorted),
)
def test_any_interleaving_ends_in_the_same_books(
    order: list[req.FundsOp | req.PlaceRequest],
    again: list[req.FundsOp | req.PlaceRequest],
    cuts: list[int],
) -> None:
    """Requests that do not compete may come in any order, together and repeatedly."""
    borders = [0, *cuts, len(order)]
    waves = [order[start:end] for start, end in pairwise(borders)]

    assert asyncio.run(_end([*waves, again])) == asyncio.run(_end([FREE]))
