"""The load: who trades what, in which mix, and how long the answers take.

70 % places, 30 % cancels of resting orders; of the places a third cross and trade. Both outcomes
and both sides, so transfers, mints and merges all happen. One order in ten sells tokens that its
account has split before. Places are drawn before the first is sent and then used round and round,
because what the generator costs is taken from what it measures.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle

from outcry.adapters.grpc.asset import GrpcAsset
from outcry.messages import requests as req
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


ACCOUNTS, MARKETS, MARKETS_OF_ACCOUNT, PAIRS = 400, 100, 10, 2_000_000
MONEY = 10**15
SETUP_CALLS_MAX = 64
#: Resting orders before the first is cancelled.
RESTING_MIN = 2_000
#: Places that are drawn ahead.
DRAWN = 65_536


@dataclass
class Load:
    """Makes requests and remembers which orders may still be cancelled."""

    asset: GrpcAsset
    seed: int
    accounts: list[int] = field(default_factory=list)
    resting: list[tuple[int, int]] = field(default_factory=list)
    #: Answers by what they say: "accepted", or the number of the reject.
    answers: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._markets: dict[int, list[int]] = {}
        #: A place, and where in `resting` a cancel instead of it finds its order (1: no cancel).
        self._drawn: Iterator[tuple[req.PlaceRequest, float]] = iter(())

    @property
    def answered(self) -> int:
        """Requests answered so far."""
        return self.answers.total()

    async def prepare(self) -> None:
        """Register and fund everybody, list the markets, give everybody pairs in some."""
        done = await self._all([req.CreateUserOp(0, f"u{i}", "", "") for i in range(ACCOUNTS)])
        self.accounts = [one.ids[0] for one in done]
        await self._all([req.DepositOp(0, a, 0, MONEY, f"d{a}") for a in self.accounts])
        spec = [req.MarketSpec("m", "Yes?")]
        await self._all([req.CreateEventOp(0, f"e{i}", "e", "", "", "", "", "", 0, 0, spec)
                         for i in range(MARKETS)])  # fmt: skip
        every = range(1, MARKETS + 1)
        self._markets = {
            a: self._random.sample(every, MARKETS_OF_ACCOUNT) for a in self.accounts
        }  # fmt: skip
        await self._all([
            req.SplitOp(0, account, market, PAIRS, "")
            for account, markets in self._markets.items()
            for market in markets
        ])  # fmt: skip
        self._drawn = cycle([(self._place(), self._cancels()) for _ in range(DRAWN)])

    def batch(self, count: int) -> list[req.OrderRequest]:
        """Return *count* requests of the mix."""
        return [self._request() for _ in range(count)]

    async def send(self, batch: Sequence[req.OrderRequest], *, wait_result: bool) -> float:
        """Send *batch*; returns when it was answered, on the monotonic clock."""
        results = await self.asset.submit(batch, wait_result=wait_result)
        at = time.monotonic()
        declined = 0
        for request, result in zip(batch, results, strict=True):
            if isinstance(result, req.Declined):
                declined += 1
                self.answers[f"reject {int(result.reject)}"] += 1
            elif isinstance(result, req.OrderAccepted) and _rests(request):
                self.resting.append((result.order_id, request.account))
        self.answers["accepted"] += len(batch) - declined
        return at

    def _request(self) -> req.OrderRequest:
        place, where = next(self._drawn)
        resting = self.resting
        if where == 1 or len(resting) <= RESTING_MIN:
            return place
        at = int(where * len(resting))
        resting[at], resting[-1] = resting[-1], resting[at]
        order_id, account = resting.pop()
        return req.CancelRequest(account, order_id, "")

    def _cancels(self) -> float:
        chance = self._random.random
        return chance() if chance() < 0.3 else 1.0

    def _place(self) -> req.PlaceRequest:
        chance = self._random.random
        account = self.accounts[int(chance() * ACCOUNTS)]
        outcome, side = int(chance() * 2), Side.SELL if chance() < 0.1 else Side.BUY
        market = 1 + int(chance() * MARKETS)
        if side == Side.SELL:
            market = self._markets[account][int(chance() * MARKETS_OF_ACCOUNT)]
        bid = outcome == side
        crossing = chance() < 1 / 3
        low, high = (5_010, 5_400) if bid == crossing else (4_600, 4_990)
        return req.PlaceRequest(
            account, market, outcome, int(side), int(OrderKind.LIMIT), int(TimeInForce.GTC),
            False,  # noqa: FBT003 - not post-only
            int(SelfTrade.CANCEL_TAKER), low + int(chance() * (high - low)),
            1 + int(chance() * 100), 0, 0, "",
        )  # fmt: skip

    async def _all(self, ops: Sequence[req.FundsOp]) -> list[req.Done]:
        gate = asyncio.Semaphore(SETUP_CALLS_MAX)

        async def one(op: req.FundsOp) -> req.Done:
            async with gate:
                result = await self.asset.funds(op)
            assert isinstance(result, req.Done), result
            return result

        return list(await asyncio.gather(*(one(op) for op in ops)))


def _rests(request: req.PlaceRequest) -> bool:
    """Whether the order was meant to rest: its side of the book is the middle's other side."""
    is_bid = request.outcome == request.side
    return (request.price < 5_000) == is_bid
