"""The load: who trades what, in which mix, and how long the answers take.

70 % places, 30 % cancels of live orders; of the places about a third cross and trade. Both outcomes
and both sides, so transfers, mints and merges all happen.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from outcry.adapters.grpc.asset import GrpcAsset
from outcry.messages import requests as req
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


ACCOUNTS, MARKETS, PAIRS = 400, 100, 200_000
MONEY = 10**14
SETUP_CALLS_MAX = 64


@dataclass
class Load:
    """Makes requests and remembers which orders may still be cancelled."""

    asset: GrpcAsset
    seed: int
    accounts: list[int] = field(default_factory=list)
    live: list[tuple[int, int]] = field(default_factory=list)
    declined: int = 0
    answered: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    async def prepare(self) -> None:
        """Register and fund everybody, list the markets, give everybody pairs in some."""
        done = await self._all([req.CreateUserOp(0, f"u{i}", "", "") for i in range(ACCOUNTS)])
        self.accounts = [one.ids[0] for one in done]
        await self._all([req.DepositOp(0, a, 0, MONEY, f"d{a}") for a in self.accounts])
        spec = [req.MarketSpec("m", "Yes?")]
        await self._all([req.CreateEventOp(0, f"e{i}", "e", "", "", "", "", "", 0, 0, spec)
                         for i in range(MARKETS)])  # fmt: skip
        await self._all([
            req.SplitOp(0, account, market, PAIRS, "")
            for account in self.accounts
            for market in self._random.sample(range(1, MARKETS + 1), 10)
        ])  # fmt: skip

    def batch(self, count: int) -> list[req.OrderRequest]:
        """Return *count* requests of the mix."""
        return [self._request() for _ in range(count)]

    async def send(self, batch: Sequence[req.OrderRequest], *, wait_result: bool) -> float:
        """Send *batch*; returns when it was answered, on the monotonic clock."""
        results = await self.asset.submit(batch, wait_result=wait_result)
        at = time.monotonic()
        for request, result in zip(batch, results, strict=True):
            if isinstance(result, req.OrderAccepted) and isinstance(request, req.PlaceRequest):
                self.live.append((result.order_id, request.account))
            elif isinstance(result, req.Declined):
                self.declined += 1
        self.answered += len(results)
        return at

    def _request(self) -> req.OrderRequest:
        chance = self._random.random
        if chance() < 0.3 and len(self.live) > ACCOUNTS:
            place = int(chance() * len(self.live))
            self.live[place], self.live[-1] = self.live[-1], self.live[place]
            order_id, account = self.live.pop()
            return req.CancelRequest(account, order_id, "")
        account = self.accounts[int(chance() * ACCOUNTS)]
        outcome, side = int(chance() * 2), Side.SELL if chance() < 0.1 else Side.BUY
        crossing = chance() < 0.33
        bid = outcome == side
        low, high = (5_010, 5_400) if bid == crossing else (4_600, 4_990)
        return req.PlaceRequest(
            account, 1 + int(chance() * MARKETS), outcome, side, OrderKind.LIMIT, TimeInForce.GTC,
            False,  # noqa: FBT003 - not post-only
 SelfTrade.CANCEL_TAKER, low + int(chance() * (high - low)),
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
