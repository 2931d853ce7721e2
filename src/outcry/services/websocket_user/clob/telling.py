"""Telling: from committed entries and statuses to the frames of each user who is here.

A match that a chain settles is told once its transaction has passed its pre-flight and is stored;
one that the chain would decline is never told as matched, only as failed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from outcry.domain.order import OrderStatus
from outcry.messages.settlement_status import SettlementStage, SettlementStatus
from outcry.messages.user_events import FillDone, FillSettled, OrderState, UserBatch
from outcry.runtime.clob.conditions import condition_of
from outcry.runtime.clob.names import (
    CONFIRMED,
    FAILED,
    MATCHED,
    MINED,
    RETRYING,
    TradePart,
    part_of,
    trade_name,
)
from outcry.runtime.clob.trades import book_hash
from outcry.services.websocket_user.clob.deals import Deals
from outcry.services.websocket_user.clob.frames import (
    Stage,
    event_kind,
    order_frame,
    trade_frame,
)
from outcry.services.websocket_user.clob.holding import FillKey, Holding, OrderNews
from outcry.services.websocket_user.clob.session import ClobUserSession
from outcry.services.websocket_user.clob.trades import Trade, trades_of, verdicts_of


#: Orders that were numbered and not yet seen in the book.
FRESH_COUNT_MAX: Final = 100_000
#: Stages of a settlement that clients are told of, in their words.
STAGES: Final = {SettlementStage.MINED: MINED, SettlementStage.RETRYING: RETRYING}


class Entry(NamedTuple):
    """A committed entry: what each of its users may know."""

    batches: list[UserBatch]


class Teller:
    """Tells the sessions of each user."""

    def __init__(
        self,
        sessions: Mapping[int, set[ClobUserSession]],
        deals: Deals,
        clock: Callable[[], int],
        announced: Callable[[int, int], bool],
    ) -> None:
        """Tell *sessions*, by user; *clock* gives microseconds since 1970.

        *announced* says of a trade's fill whether it has passed its pre-flight.
        """
        self._sessions = sessions
        self._deals = deals
        self._clock = clock
        self._announced = announced
        self._holding = Holding()
        self._fresh: dict[int, None] = {}

    async def tell(self, item: Entry | SettlementStatus) -> None:
        """Tell everybody who is here of *item*.

        Raises `TablesUnavailable`, `MarketMissing` and `TooMuchHeld`.
        """
        if isinstance(item, SettlementStatus):
            await self._tell_stage(item)
            return
        self._holding.hold(self._unannounced(item.batches))
        for batch in item.batches:
            if batch.user_id in self._sessions:
                await self._tell_orders(batch)
        if any(isinstance(event, FillDone) for batch in item.batches for event in batch.events):
            for trade in trades_of(item.batches):
                await self._tell_matched(trade)
        await self._tell_verdicts(item.batches)

    async def _tell_orders(self, batch: UserBatch) -> None:
        traded: dict[int, list[str]] = {}
        fills: dict[int, set[FillKey]] = {}
        for event in batch.events:
            if isinstance(event, FillDone):
                name = trade_name(part_of(event.trade_id, event.fill))
                names = traded.setdefault(event.order_id, [])
                if name not in names:
                    names.append(name)
                fills.setdefault(event.order_id, set()).add((event.trade_id, event.fill))
        for event in batch.events:
            if isinstance(event, OrderState):
                kind = event_kind(event, fresh=self._is_fresh(event))
                news = OrderNews(batch.user_id, event, kind, traded.get(event.order_id, []))
                if kind and not self._holding.keep(news, fills.get(event.order_id, ())):
                    await self._tell_order(news)

    def _is_fresh(self, order: OrderState) -> bool:
        """Return whether nothing was known of the order but its number, and know it from now."""
        if order.status == OrderStatus.NEW:
            if len(self._fresh) >= FRESH_COUNT_MAX:
                del self._fresh[next(iter(self._fresh))]
            self._fresh[order.order_id] = None
            return True
        if order.order_id not in self._fresh:
            return False
        del self._fresh[order.order_id]
        return True

    async def _tell_order(self, news: OrderNews) -> None:
        user_id, order, kind, trades = news
        row = await self._deals.market(order.market_id)
        maker = await self._deals.address(user_id)
        for session in list(self._sessions.get(user_id, ())):
            if session.wants(condition_of(row)):
                who = session.who._replace(address=maker)
                session.tell(order_frame(order, kind, row, who, trades))

    def _unannounced(self, batches: list[UserBatch]) -> set[FillKey]:
        """Return the fills of an entry that wait for a chain and did not pass their pre-flight."""
        return {
            (event.trade_id, event.fill)
            for batch in batches
            for event in batch.events
            if isinstance(event, FillDone)
            and event.pending
            and not self._announced(event.trade_id, event.fill)
        }

    async def _announce(
        self, part: TradePart, market_id: int, fills: Iterable[int], tx_hash: str
    ) -> None:
        """Tell of those of *fills* that were held back: they can settle."""
        freed = await self._release(part, fills)
        trade = await self._deals.trade(part, market_id) if freed else None
        if trade is not None:
            await self._tell_trade(trade.only(freed), Stage(MATCHED, trade.at_us, tx_hash))

    async def _release(self, part: TradePart, fills: Iterable[int]) -> set[int]:
        """Tell what was held back of orders; return those of *fills* that were held back."""
        freed, told = self._holding.release((part.trade_id, fill) for fill in fills)
        for news in told:
            await self._tell_order(news)
        return {fill for _, fill in freed}

    def forget(self) -> None:
        """Nobody is here any more."""
        self._holding.forget()

    async def _tell_matched(self, trade: Trade) -> None:
        if trade.pending:
            self._deals.remember(trade)
            held, number = self._holding, trade.part.trade_id
            told = [one.fill for one in trade.makers if not held.holds((number, one.fill))]
            trade = trade.only(told)
        await self._tell_trade(trade, Stage(MATCHED, trade.at_us))
        if not trade.pending:
            # The ledger is the truth of this market: what is matched is final.
            settled = Stage(CONFIRMED, trade.at_us, book_hash(trade.part))
            await self._tell_trade(trade, settled)

    async def _tell_verdicts(self, batches: list[UserBatch]) -> None:
        settled = (isinstance(event, FillSettled) for batch in batches for event in batch.events)
        for verdict, fills in verdicts_of(batches).items() if any(settled) else ():
            trade = await self._deals.trade(verdict.part, verdict.market_id)
            if trade is None:
                await self._release(verdict.part, fills)
                continue
            told = trade.only(fills)
            self._deals.settle(verdict.part, fills)
            at_us, tx_hash = verdict.at_us, verdict.tx_hash
            if not verdict.confirmed:
                await self._release(verdict.part, fills)
                await self._tell_trade(told, Stage(FAILED, at_us, tx_hash, verdict.reason))
                continue
            await self._announce(verdict.part, verdict.market_id, fills, tx_hash)
            # Whatever was heard of it on the way: what is confirmed was mined.
            for status in (MINED, CONFIRMED):
                await self._tell_trade(told, Stage(status, at_us, tx_hash))

    async def _tell_stage(self, status: SettlementStatus) -> None:
        fills = {staged.fill for staged in status.fills}
        if not fills:
            return
        part = part_of(status.trade_id, min(fills))
        fills -= self._deals.settled(part)
        await self._announce(part, status.market_id, fills, status.tx_hash)
        if status.stage not in STAGES:
            return
        trade = await self._deals.trade(part, status.market_id)
        if trade is not None:
            stage = Stage(STAGES[SettlementStage(status.stage)], self._clock(), status.tx_hash)
            await self._tell_trade(trade.only(fills), stage)

    async def _tell_trade(self, trade: Trade, stage: Stage) -> None:
        told = [user_id for user_id in trade.users if user_id in self._sessions]
        if not told or not trade.makers:
            return
        deal = await self._deals.deal(trade)
        for user_id in told:
            for session in list(self._sessions.get(user_id, ())):
                if session.wants(condition_of(deal.row)):
                    session.tell(trade_frame(trade, stage, deal, session.who))
