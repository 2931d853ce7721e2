"""What every bot has: a client, a private feed, and calls that are paced, timed and counted.

A refusal is counted by its name and changes nothing else. A call that is not answered is counted
too; after too many in a row the bot gives up, and with it the demo.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from types import TracebackType
from typing import Final, Self, TypeVar

from outcry.app.demo.figures import Figures, Latencies
from outcry.app.demo.floor import Floor, Stall
from outcry.app.demo.pacing import Pacer
from outcry.app.demo.venue import Doors
from outcry.domain.errors import OutcryError
from outcry_sdk import (
    AsyncClient,
    OrderChanged,
    RejectedError,
    SdkError,
    SnapshotTaken,
    Traded,
    UnreachableError,
)
from outcry_sdk.feeds.private import PrivateEvent
from outcry_sdk.models import Placed


FUNDS: Final = Decimal(100_000)
MISSES_MAX: Final = 5
MISS_PAUSE_SECONDS: Final = 0.5
#: How long to wait, at the end, for the feed to tell what the answers told.
SETTLE_SECONDS_MAX: Final = 5.0
POLL_SECONDS: Final = 0.05
NOTHING: Final = Decimal(0)

ResultT = TypeVar("ResultT")


class DemoFailed(OutcryError):
    """The demo cannot go on; the message says why."""


@dataclass(frozen=True, slots=True)
class World:
    """What all bots share."""

    doors: Doors
    floor: Floor
    figures: Figures
    pacer: Pacer
    seed: int
    #: In every client order id, so that no run repeats those of another.
    run: str


class Bot:
    """One trader."""

    def __init__(self, name: str, world: World) -> None:
        """Nothing is connected yet."""
        self.name = name
        self.world = world
        self.rng = Random(f"{world.seed}:{name}")  # noqa: S311 - decisions of bots are no secrets
        self.user_id = 0
        self.client: AsyncClient = world.doors.client(name)
        self._feed = world.doors.user_feed(name)
        self._ready = asyncio.Event()
        self._misses = 0
        self._asked = 0
        self._last_fill_n = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._feed.aclose()
        await self.client.aclose()

    # --- life

    async def enroll(self, operator: AsyncClient) -> None:
        """Register, clear what an earlier run left, and have enough money."""
        self.user_id = (await self.client.user_data()).id
        n = (await self.client.cancel_all_orders()).n
        missing = FUNDS - await self.client.balance(self.user_id, after=n)
        if missing > 0:
            await operator.deposit(self.user_id, missing, f"{self.name}-{self.world.run}")

    async def listen(self) -> None:
        """Keep the account up to date, until the feed is closed."""
        async for event in self._feed:
            if isinstance(event, SnapshotTaken):
                self.resynchronised()
                self._ready.set()
            elif isinstance(event, Traded) and event.trade.role == "taker":
                self.world.figures.fill(event.trade.match, event.trade.value)
            self.heard(event)

    async def ready(self) -> None:
        """Return when the account is known."""
        await self._ready.wait()

    async def trade(self, stop: asyncio.Event) -> None:
        """Act until told to stop."""
        while not stop.is_set():
            await self.act()

    async def act(self) -> None:
        """Do something, or wait a moment."""
        raise NotImplementedError

    def heard(self, event: PrivateEvent) -> None:
        """Take note of something that happened to the account."""

    def resynchronised(self) -> None:
        """Take note that the account was replaced as a whole."""

    async def leave(self) -> int:
        """Cancel every order; returns how many are open all the same."""
        n = (await self.client.cancel_all_orders()).n
        await self._settled()
        left = 0
        for _ in range(int(SETTLE_SECONDS_MAX / POLL_SECONDS)):
            # Entry n says that they are to be cancelled; soon after it they are.
            left = (await self.client.open_orders(self.user_id, after=n)).total
            if not left:
                break
            await asyncio.sleep(POLL_SECONDS)
        return left

    # --- what it has

    def owned(self, stall: Stall) -> tuple[Decimal, Decimal]:
        """Return the tokens of a market, those set aside for orders included."""
        held = self._feed.account.positions
        yes, no = (held.get(token) for token in stall.market.token_ids)
        return (yes.quantity if yes else NOTHING, no.quantity if no else NOTHING)

    def free(self, stall: Stall) -> tuple[Decimal, Decimal]:
        """Return the tokens of a market that are not set aside."""
        held = self._feed.account.positions
        yes, no = (held.get(token) for token in stall.market.token_ids)
        return (
            yes.quantity - yes.held_quantity if yes else NOTHING,
            no.quantity - no.held_quantity if no else NOTHING,
        )

    # --- what it does

    def order_id(self) -> str:
        """Return a client order id that was never used."""
        self._asked += 1
        return f"{self.name}-{self.world.run}-{self._asked}"

    async def placed(
        self, latencies: Latencies, place: Callable[[], Awaitable[Placed]]
    ) -> Placed | None:
        """Place an order and count it; None when it was refused."""
        placed = await self.ask(place, latencies)
        if placed is not None:
            self.world.figures.orders += 1
            if placed.filled_quantity:
                self._last_fill_n = max(self._last_fill_n, placed.result_n)
        return placed

    async def split(self, stall: Stall, shares: int) -> None:
        """Turn money into pairs."""
        if await self.ask(lambda: self.client.split(stall.market_id, shares)):
            self.world.figures.splits += 1

    async def merge(self, stall: Stall, shares: int) -> None:
        """Turn pairs into money."""
        if await self.ask(lambda: self.client.merge(stall.market_id, shares)):
            self.world.figures.merges += 1

    async def redeem(self, stall: Stall, n: int) -> None:
        """Turn the tokens of a market that paid in entry *n* into money, if there are any."""
        found = await self.client.event_balance(stall.event_id, after=n)
        if not any(found.token_available.values()):
            return
        redeemed = await self.ask(lambda: self.client.redeem(stall.market_id))
        if redeemed is not None:
            self.world.figures.redemptions += 1
            self.world.figures.redeemed += redeemed.amount

    async def ask(
        self, call: Callable[[], Awaitable[ResultT]], latencies: Latencies | None = None
    ) -> ResultT | None:
        """Make a call when it is our turn; None when it was refused or not answered."""
        await self.world.pacer.turn()
        began = time.perf_counter_ns()
        try:
            result = await call()
        except RejectedError as refused:
            self.world.figures.reject(refused.name or f"HTTP_{refused.status}")
            return None
        except UnreachableError as error:
            await self._missed(error)
            return None
        if latencies is not None:
            latencies.took(time.perf_counter_ns() - began)
        self._misses = 0
        return result

    async def _missed(self, error: SdkError) -> None:
        self.world.figures.reject("NO_ANSWER")
        self._misses += 1
        if self._misses >= MISSES_MAX:
            raise DemoFailed(f"{self.name}: no answer {self._misses} times in a row: {error}")
        await asyncio.sleep(MISS_PAUSE_SECONDS)

    async def _settled(self) -> None:
        """Return when the feed has told every fill that an answer told, or after a bound."""
        for _ in range(int(SETTLE_SECONDS_MAX / POLL_SECONDS)):
            if self._feed.account.n >= self._last_fill_n:
                return
            await asyncio.sleep(POLL_SECONDS)


def rejected_order(event: PrivateEvent) -> str:
    """Return the name of the rule by which the book declined an order, "" when it did not."""
    if isinstance(event, OrderChanged) and event.order.status == "rejected":
        return event.order.reason.upper()
    return ""
