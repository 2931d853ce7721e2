"""What time will bring: orders that expire, markets that end and payouts that stand."""

import heapq
from collections.abc import Iterator

from outcry.domain.ledger.state import Ledger, Market
from outcry.domain.market import TRADING_STATES
from outcry.domain.order import Order


#: Times of orders that ended early are swept when they outgrow the live ones by this many.
SLACK_COUNT = 4_096


class Due:
    """Times to come, each of one market (then the order is 0) or of one order."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._heap: list[tuple[int, int, int]] = []
        self._sweep()

    def watch_market(self, market: Market) -> None:
        """Remember when *market* ends, or when its proposed payout stands, if it does."""
        at_us = market.final_at_us or market.end_at_us
        if at_us:
            heapq.heappush(self._heap, (at_us, market.market_id, 0))

    def watch_order(self, order: Order) -> None:
        """Remember when *order* expires."""
        heapq.heappush(self._heap, (order.expire_at_us, 0, order.order_id))
        live = len(self._ledger.orders) + len(self._ledger.markets)
        if len(self._heap) > 2 * live + SLACK_COUNT:
            self._sweep()

    def until(self, now_us: int) -> Iterator[tuple[int, int, int]]:
        """Yield and forget ``(at_us, market_id, order_id)`` of everything due by *now_us*."""
        while self._heap and self._heap[0][0] <= now_us:
            yield heapq.heappop(self._heap)

    def _sweep(self) -> None:
        """Build the heap anew from what is live."""
        ledger = self._ledger
        heap = [(o.expire_at_us, 0, o.order_id) for o in ledger.orders.values() if o.expire_at_us]
        heap += [
            (market.final_at_us or market.end_at_us, market.market_id, 0)
            for market in ledger.markets.values()
            if market.final_at_us or (market.end_at_us and market.state in TRADING_STATES)
        ]
        heapq.heapify(heap)
        self._heap = heap
