"""What the whole exchange carries: mints taken, matched, settled and believed, a second.

Two people post signed bids in batches, one for each outcome, so that every second order makes a
mint with one maker. They go on as long as not too many fills wait for the chain.
"""

import asyncio
import time
from pathlib import Path
from typing import NamedTuple

import httpx
from chain.spent import cpu_seconds
from chain.venue import Floor, Place, chain_place, trading

from outcry.app.demo.chain.orders import BUY, Wish, signed_body
from outcry.app.demo.chain.run import CONFIRMATIONS
from outcry.app.record import Record, RecordFile


LOTS, PRICE = 100, 5_000
#: Orders in a request, and fills that may wait: less than two blocks' worth would be waiting.
BATCH, WAITING_MAX = 50, 1_500
WARM_UP_FILLS = 300
LOOK_SECONDS = 0.1
LAST_SECONDS_MAX = 120


class Carried(NamedTuple):
    """Fills believed in so many seconds, and the CPU time that each process took for one."""

    block_ms: int
    fills: int
    seconds: float
    cpu_ms: dict[str, float]

    def text(self) -> str:
        """Return the lines and the table about it."""
        names = [*self.cpu_ms, "together"]
        used = [*self.cpu_ms.values(), sum(self.cpu_ms.values())]
        return (
            f"blocks of {self.block_ms} ms, {CONFIRMATIONS} confirmations: {self.fills:,} mints in "
            f"{self.seconds:.1f} s, {self.fills / self.seconds:,.0f} a second. CPU ms of each:\n\n"
            f"| {' | '.join(names)} |\n|{'---:|' * len(names)}\n"
            f"| {' | '.join(f'{one:.2f}' for one in used)} |"
        )


def carried(block_ms: int, seconds: float) -> Carried:
    """Let people trade on an exchange of its own for so long."""
    with chain_place(block_ms) as place:
        done, lasted, spent = asyncio.run(_measured(place, seconds))
        return Carried(
            block_ms, done, lasted, {name: 1_000 * used / done for name, used in spent.items()}
        )


async def _measured(place: Place, seconds: float) -> tuple[int, float, dict[str, float]]:
    """Return fills, seconds, and the CPU seconds of each process."""
    async with trading(place) as floor, httpx.AsyncClient(timeout=60, trust_env=False) as http:
        record = RecordFile(Path(place.config.data_dir)).running()
        assert record is not None, "it has just begun"
        load = _Load(floor, http, record)
        posting = asyncio.create_task(load.run())
        await load.confirmed(WARM_UP_FILLS)
        fills, since = await load.figure("confirmed_total"), time.monotonic()
        pids = {name: one.pid for name, one in record.processes.items()}
        pids |= {"node": place.node.pid}
        before = cpu_seconds(pids)
        await asyncio.wait({posting}, timeout=seconds)
        assert not posting.done(), posting.result()
        after, lasted = cpu_seconds(pids), time.monotonic() - since
        done = await load.figure("confirmed_total") - fills
        load.stop.set()
        await posting
        await load.confirmed(load.matched)
        assert await load.figure("failed_total") == 0, "everything settles"
        return done, lasted, {name: used - before[name] for name, used in after.items()}


class _Load:
    """Two who post, and what the exchange says of it."""

    def __init__(self, floor: Floor, http: httpx.AsyncClient, record: Record) -> None:
        self._floor = floor
        self._http = http
        self._metrics = f"http://{record.addresses['edge']}/metrics"
        self._salt = 0
        self.stop = asyncio.Event()
        self.matched = 0

    async def figure(self, name: str) -> int:
        """Return a figure of the service that settles."""
        text = (await self._http.get(self._metrics)).text
        wanted = f"outcry_onchain_{name}"
        return int(sum(float(x.split()[-1]) for x in text.splitlines() if x.startswith(wanted)))

    async def confirmed(self, count: int) -> None:
        """Return when so many fills are."""
        async with asyncio.timeout(LAST_SECONDS_MAX):
            while await self.figure("confirmed_total") < count:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(LOOK_SECONDS)

    async def run(self) -> None:
        """Post pairs of batches until told to stop."""
        while not self.stop.is_set():
            if self.matched - await self.figure("confirmed_total") > WAITING_MAX:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            for index in range(2):
                await self._post(index)
            self.matched += BATCH

    async def _post(self, index: int) -> None:
        bot, scene = self._floor.bots[index], self._floor.scene
        place = (scene.event_id, scene.markets[0])
        orders = []
        for _ in range(BATCH):
            self._salt += 1
            stamp = (self._salt, time.time_ns() // 1_000_000)
            wish = Wish(index, BUY, LOTS, PRICE)
            orders.append(signed_body(wish, place, bot.signer, scene.domain, stamp))
        url, headers = f"{self._floor.doors.http}/api/orders", self._floor.headers(bot)
        body = {"orders": orders, "wait": "result"}
        said = (await self._http.post(url, json=body, headers=headers)).json()
        assert said["code"] == 0, said
        assert all(one["code"] == 0 for one in said["data"]["results"]), said
