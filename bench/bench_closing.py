"""Closing a market with many open orders: in steps, and for comparison by one command.

The real services on one event loop, with the log in memory: what is measured is what the ledger's
own process does. It prints how long closing takes, how long the loop stands still at most while it
goes on (that is how long nobody is answered), and the largest entry of the log.

    python bench/bench_closing.py [--orders 300000]
"""

import argparse
import asyncio
import logging
import sys
import time
from pathlib import Path

import structlog


ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.support.venue import Venue, limit  # noqa: E402

from outcry.domain.market import MarketMove, MarketState  # noqa: E402
from outcry.messages.requests import MarketMoveOp  # noqa: E402
from outcry.services.asset.config import AssetConfig  # noqa: E402
from outcry_wire.records import Side  # noqa: E402


BATCH = 1_000


async def closed(orders: int, step: int) -> tuple[float, float, int]:
    """Close a book of *orders*; returns seconds, the longest standstill, and bytes of an entry."""
    config = AssetConfig(closing_step_max=step, book_orders_max=10**7, account_orders_max=10**7)
    venue = Venue(config=config)
    async with venue.running():
        account = await venue.user("ann", 10**14)
        market = await venue.market()
        bids = [limit(account, market, Side.BUY, 4_000, 1) for _ in range(BATCH)]
        for _ in range(orders // BATCH):
            await venue.asset.submit(bids, wait_result=True)
        shard = venue.asset.ledger.shard(0)
        while shard.applied < shard.numbered:  # noqa: ASYNC110 - no event of our own
            await asyncio.sleep(0.01)
        assert len(venue.asset.ledger.orders) == orders // BATCH * BATCH
        entries = len(venue.log.rows)
        worst = 0.0
        began = last = time.perf_counter()
        closing = asyncio.create_task(
            venue.fund(MarketMoveOp(0, market, MarketMove.CLOSE, "bench"))
        )
        while venue.asset.ledger.markets[market].state != MarketState.CLOSED:
            await asyncio.sleep(0)
            now = time.perf_counter()
            worst, last = max(worst, now - last), now
        took = time.perf_counter() - began
        await closing
        return took, worst, max(len(row.body) for row in venue.log.rows[entries:])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=300_000)
    orders = parser.parse_args().orders
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    print(f"closing a market with {orders:,} open orders")
    for name, step in (
        ("steps of 2,000", 2_000),
        ("steps of 10,000", 10_000),
        ("one command", 10**9),
    ):
        took, worst, size = asyncio.run(closed(orders, step))
        print(
            f"  {name:16} {took:6.2f} s  longest standstill {1e3 * worst:7.0f} ms  "
            f"largest entry {size / 2**20:6.2f} MiB"
        )


if __name__ == "__main__":
    main()
