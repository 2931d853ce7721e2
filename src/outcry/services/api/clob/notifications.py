"""Notifications: what happened to a user of late, made of the tables each time they are read.

They go by themselves after two days. Which ones a user has dropped is remembered by this process.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, Final

from msgspec import Struct, to_builtins

from outcry.domain.market import PAID_STATES, own_price
from outcry.domain.order import OrderStatus
from outcry.domain.units import MICROS_PER_SECOND
from outcry.ports.dealings import TradeFilter
from outcry.ports.projection import MarketRow, OrderRow, TradeRow
from outcry.ports.queries import Queries
from outcry.runtime.bounded import Bounded
from outcry.runtime.clob.books import outcome_name, token_of
from outcry.runtime.clob.conditions import condition_of
from outcry.runtime.clob.names import FAILED, WAITING, order_hash, order_type, trade_name
from outcry.runtime.clob.texts import price_text, size_text
from outcry.runtime.clob_identity import Holder
from outcry.services.api.clob.dealing_views import parts
from outcry.services.api.clob.own_writes import OwnWrites
from outcry.services.api.clob.reads import Reads
from outcry.services.api.clob.trade_stages import TradeStages, key
from outcry.services.api.lookups import Lookups
from outcry.services.api.render import winner
from outcry_wire.records import Side


CANCELLED, FILLED, RESOLVED, FILL_FAILED = 1, 2, 4, 8
#: How long something is told.
KEPT_SECONDS: Final = 48 * 3_600
#: Of each kind, the newest.
COUNT_MAX: Final = 100
#: Users whose drops are remembered, and drops of each.
USERS_COUNT_MAX: Final = 10_000
DROPS_COUNT_MAX: Final = 1_000
_ID_BYTES: Final = 6


class NotificationView(Struct, frozen=True):
    """One thing that happened; 1 cancelled, 2 filled, 4 resolved, 8 a fill that failed."""

    id: int
    type: int
    owner: str
    timestamp: int
    payload: dict[str, Any]


class Notifications:
    """What happened to holders of keys."""

    def __init__(
        self, queries: Queries, stages: TradeStages, reads: Reads, lookups: Lookups,
        writes: OwnWrites, clock: Callable[[], float],
    ) -> None:  # fmt: skip
        """Read from *queries* and *reads*; *clock* gives seconds since 1970."""
        self._reads = reads
        self._queries = queries
        self._stages = stages
        self._lookups = lookups
        self._writes = writes
        self._clock = clock
        self._dropped: Bounded[int, dict[int, None]] = Bounded(USERS_COUNT_MAX)

    async def told(self, who: Holder) -> list[NotificationView]:
        """Return what happened in the last two days and was not dropped, newest first."""
        await self._writes.seen(who.principal.user_id)
        since_us = int((self._clock() - KEPT_SECONDS) * MICROS_PER_SECOND)
        found = [
            *await self._cancelled(who, since_us),
            *await self._filled(who, since_us),
            *await self._resolved(who, since_us),
        ]
        dropped = self._dropped.get(who.principal.user_id) or {}
        found = [one for one in found if one.id not in dropped]
        return sorted(found, key=lambda one: one.timestamp, reverse=True)

    def drop(self, who: Holder, ids: list[int]) -> None:
        """Tell these no more."""
        dropped = self._dropped.get(who.principal.user_id) or {}
        dropped.update(dict.fromkeys(ids))
        while len(dropped) > DROPS_COUNT_MAX:
            del dropped[next(iter(dropped))]
        self._dropped.put(who.principal.user_id, dropped)

    async def _cancelled(self, who: Holder, since_us: int) -> list[NotificationView]:
        page = await self._queries.order_history(
            who.principal.account, event_id=0, market_id=0, page=1, page_size=COUNT_MAX
        )
        found = []
        for row in page.rows:
            if row.status == OrderStatus.CANCELLED and row.updated_at_us >= since_us:
                name = order_hash(row.order_id, row.client_order_id)
                payload = await self._order(row)
                found.append(_view(CANCELLED, name, row.updated_at_us, who, payload))
        return found

    async def _filled(self, who: Holder, since_us: int) -> list[NotificationView]:
        fills = await self._queries.trades_of(
            who.principal.account, TradeFilter(from_us=since_us), before=None, count=COUNT_MAX
        )
        markets = {one: await self._market(one) for one in {fill.market_id for fill in fills}}
        stages = await self._stages.of(fills, markets)
        by_stage: dict[tuple[int, str], list[TradeRow]] = {}
        for fill in fills:
            status, tx_hash, *_ = stages[key(fill)]
            if status != WAITING:
                kind = FILL_FAILED if status == FAILED else FILLED
                by_stage.setdefault((kind, tx_hash), []).append(fill)
        return [
            one for stage, some in by_stage.items() for one in await self._fills(who, stage, some)
        ]

    async def _fills(
        self, who: Holder, stage: tuple[int, str], fills: Sequence[TradeRow]
    ) -> list[NotificationView]:  # fmt: skip
        """Return one for each trade of *fills*, all of one kind and transaction."""
        kind, tx_hash = stage
        found = []
        for part, own in parts(fills).items():
            first = own[0]
            taking = first.taker_account == who.principal.account
            number = first.taker_order if taking else first.maker_order
            outcome = first.taker_outcome if taking else first.maker_outcome
            (order,) = await self._queries.orders_by_id([number])
            payload = {
                **await self._order(order),
                "trade_id": trade_name(part),
                "transaction_hash": tx_hash,
                "trader_side": "TAKER" if taking else "MAKER",
                "price": price_text(own_price(outcome, first.price)),
                "matched_size": size_text(sum(fill.qty for fill in own)),
            }
            found.append(_view(kind, trade_name(part), first.at_us, who, payload))
        return found

    async def _resolved(self, who: Holder, since_us: int) -> list[NotificationView]:
        place = {"event_id": 0, "market_id": 0, "page": 1, "page_size": COUNT_MAX}
        account = who.principal.account
        held = await self._queries.positions(account, **place)
        over = await self._queries.closed_positions(account, **place)
        found = []
        for market in (position.market for position in (*held.rows, *over.rows)):
            if market.state in PAID_STATES and market.resolved_at_us >= since_us:
                won = winner(market)
                view = await self._reads.market(condition_of(market))
                payload = {
                    **to_builtins(view),
                    **_market(market),
                    "outcome": "" if won is None else outcome_name(market, won),
                }
                key = str(market.market_id)
                found.append(_view(RESOLVED, key, market.resolved_at_us, who, payload))
        return found

    async def _order(self, row: OrderRow) -> dict[str, Any]:
        """Return what is told of an order as it is now."""
        market, whole = await self._market(row.market_id), row.qty or row.filled
        return {
            **_market(market),
            "order_id": order_hash(row.order_id, row.client_order_id),
            "type": order_type(row.tif, row.kind),
            "side": Side(row.side).name,
            "price": price_text(own_price(row.outcome, row.price)),
            "original_size": size_text(whole),
            "matched_size": size_text(row.filled),
            "remaining_size": size_text(whole - row.filled),
            "asset_id": token_of(market, row.outcome),
            "outcome": outcome_name(market, row.outcome),
            "outcome_index": row.outcome,
        }

    async def _market(self, market_id: int) -> MarketRow:
        market = await self._lookups.market(market_id)
        assert market is not None, f"market {market_id} is in the tables of orders only"
        return market


def _market(market: MarketRow) -> dict[str, str]:
    return {
        "market": condition_of(market),
        "question": market.question,
        "slug": market.slug,
        "market_slug": market.slug,
        "icon": market.image,
        "image": market.image,
    }


def _view(
    kind: int, key: str, at_us: int, who: Holder, payload: dict[str, Any]
) -> NotificationView:  # fmt: skip
    """Return a notification; its id is the same each time it is made."""
    digest = sha256(f"{kind}/{key}".encode()).digest()
    number = int.from_bytes(digest[:_ID_BYTES], "big")
    return NotificationView(number, kind, who.api_key, at_us // MICROS_PER_SECOND, payload)
