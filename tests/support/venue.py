"""A whole exchange on one event loop: the real services on the in-memory adapters."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from outcry.adapters.clock import ManualClock
from outcry.adapters.memory import MemoryBus, MemoryLedgerLog, MemorySnapshots
from outcry.domain.market import MarketMove
from outcry.domain.units import TICKS_PER_UNIT
from outcry.messages.requests import (
    CancelAccepted,
    CancelRequest,
    CreateEventOp,
    CreateUserOp,
    Declined,
    DepositOp,
    Done,
    FundsOp,
    MarketMoveOp,
    MarketSpec,
    OrderAccepted,
    OrderResult,
    PlaceRequest,
    ReduceRequest,
    ReplaceRequest,
)
from outcry.runtime.log_tail import LogTail
from outcry.runtime.service import Service
from outcry.services.asset.config import AssetConfig
from outcry.services.asset.publishing import CommandPublishers
from outcry.services.asset.service import AssetService
from outcry.services.match_engine.config import MatchEngineConfig
from outcry.services.match_engine.service import MatchEngine
from outcry.services.processor.service import OWN_APPLIES_MAX, Processor
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


START_US = 1_700_000_000_000_000


@dataclass
class Steady:
    """Steady seconds; a test that sets them says how much time has passed."""

    seconds: float = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.seconds


@dataclass
class Venue:
    """The services and what they stand on, with short ways to ask for things."""

    shards_count: int = 1
    config: AssetConfig = field(default_factory=AssetConfig)
    bus: MemoryBus = field(default_factory=MemoryBus)
    log: MemoryLedgerLog = field(default_factory=MemoryLedgerLog)
    snapshots: MemorySnapshots = field(default_factory=MemorySnapshots)
    clock: ManualClock = field(default_factory=lambda: ManualClock(START_US))
    steady: Steady = field(default_factory=Steady)
    asset: AssetService = field(init=False)
    services: list[Service] = field(default_factory=list)

    @asynccontextmanager
    async def running(self, *, engines: bool = True) -> AsyncIterator["Venue"]:
        """Start everything (but engines, if told so), and stop it at the end."""
        config = self.config._replace(shards_count=self.shards_count)
        log = LogTail(self.log)
        publishers = CommandPublishers(self.bus, log, self.shards_count)
        self.asset = AssetService(
            log, publishers, self.clock, config, snapshots=self.snapshots, steady=self.steady
        )
        shards = range(self.shards_count)
        self.services = [
            self.asset,
            Processor(self.bus, log, self.asset, shards, applies_max=OWN_APPLIES_MAX),
            *(
                MatchEngine(
                    MatchEngineConfig(shard=shard),
                    bus=self.bus,
                    log=self.log,
                    snapshots=self.snapshots,
                )
                for shard in shards
                if engines
            ),
        ]
        tasks = []
        try:
            for service in self.services:
                await service.start()
                tasks.append(asyncio.create_task(service.run()))
            yield self
        finally:
            for task in reversed(tasks):
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            for error in ended:
                if isinstance(error, Exception):
                    raise error

    async def fund(self, op: FundsOp) -> Done:
        """Carry out an operation that must succeed."""
        result = await self.asset.funds(op)
        assert isinstance(result, Done), result
        return result

    async def refused(self, op: FundsOp) -> Declined:
        """Carry out an operation that must be declined."""
        result = await self.asset.funds(op)
        assert isinstance(result, Declined), result
        return result

    async def user(self, name: str, micros: int = 0) -> int:
        """Register a user with *micros* of collateral; returns the account."""
        account = (await self.fund(CreateUserOp(0, name, "", name))).ids[0]
        if micros:
            await self.fund(DepositOp(0, account, 0, micros, f"for {name}"))
        return account

    async def market(self, name: str = "rain", **terms: int | str) -> int:
        """List an event with one market; returns the market id."""
        spec = MarketSpec(name, f"Will it {name}?", **terms)  # type: ignore[arg-type]
        op = CreateEventOp(0, name, name, "", "", "", "weather", "", 0, 0, [spec])
        return (await self.fund(op)).ids[0]

    async def close(self, market_id: int) -> None:
        """Close a market and wait until it is drained."""
        await self.fund(MarketMoveOp(0, market_id, MarketMove.CLOSE, "test"))

    async def place(self, request: PlaceRequest) -> OrderResult:
        """Place one order and wait for what becomes of it."""
        return (await self.asset.submit([request], wait_result=True))[0]

    async def placed(self, request: PlaceRequest) -> OrderAccepted:
        """Place one order that must be accepted."""
        result = await self.place(request)
        assert isinstance(result, OrderAccepted), result
        return result

    async def changed(self, request: ReduceRequest | ReplaceRequest) -> OrderAccepted:
        """Reduce or replace an order and wait for the kernel's word, which must be yes."""
        result = (await self.asset.submit([request], wait_result=True))[0]
        assert isinstance(result, OrderAccepted), result
        return result

    async def cancel(self, account: int, order_id: int) -> CancelAccepted | Declined:
        """Cancel one order and wait for the kernel's word."""
        request = CancelRequest(account, order_id, "")
        result = (await self.asset.submit([request], wait_result=True))[0]
        assert isinstance(result, CancelAccepted | Declined)
        return result

    def balance(self, account: int, asset: int = 0) -> tuple[int, int]:
        """Return ``(total, held)`` as the ledger has them now."""
        balance = self.asset.ledger.balance(account, asset)
        return balance.total, balance.held


def limit(
    account: int, market_id: int, side: Side, price: int, qty: int, *, outcome: int = 0,
    tif: TimeInForce = TimeInForce.GTC, client_order_id: str = "", post_only: bool = False,
    expire_at_us: int = 0,
) -> PlaceRequest:  # fmt: skip
    """Return a limit order at the owner's own price in ticks."""
    book_price = TICKS_PER_UNIT - price if outcome else price
    return PlaceRequest(
        account, market_id, outcome, side, OrderKind.LIMIT, tif, post_only,
        SelfTrade.CANCEL_TAKER, book_price, qty, 0, expire_at_us, client_order_id,
    )  # fmt: skip
