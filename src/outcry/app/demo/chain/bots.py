"""Bots that own a key: they split, quote about a value that wanders, take, and leave."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final

import httpx

from outcry.adapters.evm.abi import address_text
from outcry.adapters.evm.devnet import signer
from outcry.app.demo.chain.orders import BUY, SELL, Wish, signed_body
from outcry.app.demo.people import TokenSource
from outcry.app.demo.venue import Doors
from outcry_sdk import AsyncClient
from outcry_sdk.models import Market


#: Collateral in a bot's escrow, and complete sets it makes of it in each market.
FUNDS: Final = 5_000
SETS: Final = 500
LOTS_MIN, LOTS_MAX = 500, 4_000
#: Prices in ticks: a cent, and how far from the value a bot bids.
CENT: Final = 100
AWAY: Final = (-1, 0, 0, 1, 2, 3)
#: How often everything is cancelled, in orders.
CLEAR_ORDERS: Final = 25
WAIT_SECONDS_MAX: Final = 90
_LOOK_SECONDS: Final = 0.3


@dataclass(slots=True)
class Scene:
    """What the bots share."""

    doors: Doors
    event_id: int
    markets: list[Market]
    domain: bytes
    #: Orders a second of all bots, and how many bots there are.
    rate: float
    bots: int
    #: What outcome 0 is worth in cents, by market.
    fair: dict[int, int]
    counts: Counter[str] = field(default_factory=Counter)


class KeyBot:
    """One trader whose escrow only its key can give away."""

    def __init__(self, index: int, doors: Doors, seed: int) -> None:
        """Nothing is connected yet."""
        self.name = f"demo-key-{index + 1}"
        self.signer = signer(self.name)
        self.client: AsyncClient = doors.client(self.name)
        self.user_id = 0
        self._rng = Random(f"{seed}:{self.name}")  # noqa: S311 - decisions of bots are no secrets
        self._token = TokenSource(doors.config, self.name, admin=False)
        self._salt = time.time_ns()
        self._sent = 0

    async def enroll(self, operator: AsyncClient) -> None:
        """Become a user whose address is the key's."""
        address = address_text(self.signer.address)
        self.user_id = (await operator.create_user(self.name, address=address)).user_id

    async def funded(self, amount: int) -> None:
        """Return when the exchange knows of so much in the escrow; raises TimeoutError."""

        async def enough() -> bool:
            return await self.client.balance(self.user_id) >= amount

        await _until(f"a deposit of {amount} for {self.name}", enough)

    async def split(self, market: Market) -> None:
        """Turn some collateral into complete sets."""
        await self.client.split(market.market_id, str(SETS))

    async def trade(self, scene: Scene, stop: asyncio.Event) -> None:
        """Act until told to stop."""
        pause = scene.bots / scene.rate
        async with httpx.AsyncClient(base_url=scene.doors.http, trust_env=False) as http:
            while not stop.is_set():
                await asyncio.sleep(pause * self._rng.uniform(0.5, 1.5))
                await self._act(scene, http)

    async def leave(self) -> None:
        """Cancel every order."""
        await self.client.cancel_all_orders()

    async def _act(self, scene: Scene, http: httpx.AsyncClient) -> None:
        if self._sent % CLEAR_ORDERS == CLEAR_ORDERS - 1:
            await self.leave()
        self._sent += 1
        self._salt += 1
        market = self._rng.choice(scene.markets)
        self._wander(scene, market)
        place = (scene.event_id, market)
        stamp = (self._salt, time.time_ns() // 1_000_000)
        wish = self._wish(scene.fair[market.market_id])
        body = signed_body(wish, place, self.signer, scene.domain, stamp)
        headers = {"Authorization": f"Bearer {self._token()}"}
        reply = await http.post("/api/place_order", json=body, headers=headers)
        said = reply.json()
        scene.counts["taken" if said.get("code") == 0 else str(said.get("msg"))] += 1

    def _wish(self, fair: int) -> Wish:
        outcome, side = self._rng.randrange(2), self._rng.choice((BUY, BUY, SELL))
        value = fair if outcome == 0 else 100 - fair
        away = self._rng.choice(AWAY) * (1 if side == SELL else -1)
        cents = min(max(value + away, 2), 98)
        lots = self._rng.randrange(LOTS_MIN, LOTS_MAX, 100)
        return Wish(outcome, side, lots, cents * CENT)

    def _wander(self, scene: Scene, market: Market) -> None:
        moved = scene.fair[market.market_id] + self._rng.choice((-1, 0, 0, 0, 1))
        scene.fair[market.market_id] = min(max(moved, 10), 90)


async def in_state(operator: AsyncClient, event_id: int, states: tuple[str, ...]) -> list[Market]:
    """Return the markets of an event once all are in one of *states*; raises TimeoutError."""
    markets: list[Market] = []

    async def reached() -> bool:
        markets[:] = (await operator.event_detail(event_id)).markets
        return bool(markets) and all(market.state in states for market in markets)

    await _until(f"markets that are {' or '.join(states)}", reached)
    return markets


async def redeemed(bots: list[KeyBot], markets: Collection[int]) -> None:
    """Return when no bot holds a token of these *markets*; raises TimeoutError.

    What a demo that was killed left behind, nobody waits for.
    """
    for bot in bots:
        await _until(f"the redemption of what {bot.name} holds", partial(_holds_none, bot, markets))


async def _holds_none(bot: KeyBot, markets: Collection[int]) -> bool:
    found = (await bot.client.positions(bot.user_id)).items
    return not any(one.market_id in markets for one in found)


async def _until(what: str, reached: Callable[[], Awaitable[bool]]) -> None:
    """Return when something is *reached*; raises TimeoutError that says *what* was waited for."""
    for _ in range(int(WAIT_SECONDS_MAX / _LOOK_SECONDS)):
        if await reached():
            return
        await asyncio.sleep(_LOOK_SECONDS)
    raise TimeoutError(f"waited {WAIT_SECONDS_MAX} s for {what}")
