"""Telling: from committed entries and statuses to the frames of each user who is here."""

from collections.abc import Callable, Mapping
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
    ) -> None:
        """Tell *sessions*, by user; *clock* gives microseconds since 1970."""
        self._sessions = sessions
        self._deals = deals
        self._clock = clock
        self._fresh: dict[int, None] = {}

    async def tell(self, item: Entry | SettlementStatus) -> None:
        """Tell everybody who is here of *item*; raises `TablesUnavailable` and `MarketMissing`."""
        if isinstance(item, SettlementStatus):
            await self._tell_stage(item)
            return
        for batch in item.batches:
            if batch.user_id in self._sessions:
                await self._tell_orders(batch)
        if any(isinstance(event, FillDone) for batch in item.batches for event in batch.events):
            for trade in trades_of(item.batches):
                await self._tell_matched(trade)
        await self._tell_verdicts(item.batches)

    async def _tell_orders(self, batch: UserBatch) -> None:
        traded: dict[int, list[str]] = {}
        for event in batch.events:
            if isinstance(event, FillDone):
                name = trade_name(part_of(event.trade_id, event.fill))
                names = traded.setdefault(event.order_id, [])
                if name not in names:
                    names.append(name)
        for event in batch.events:
            if isinstance(event, OrderState):
                kind = event_kind(event, fresh=self._is_fresh(event))
                if kind:
                    await self._tell_order(
                        batch.user_id, event, kind, traded.get(event.order_id, [])
                    )

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

    async def _tell_order(
        self, user_id: int, order: OrderState, kind: str, trades: list[str]
    ) -> None:
        row = await self._deals.market(order.market_id)
        for session in list(self._sessions.get(user_id, ())):
            if session.wants(condition_of(row)):
                session.tell(order_frame(order, kind, row, session.who, trades))

    async def _tell_matched(self, trade: Trade) -> None:
        if trade.pending:
            self._deals.remember(trade)
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
                continue
            told = trade.only(fills)
            self._deals.settle(verdict.part, fills)
            at_us, tx_hash = verdict.at_us, verdict.tx_hash
            if not verdict.confirmed:
                await self._tell_trade(told, Stage(FAILED, at_us, tx_hash, verdict.reason))
                continue
            # Whatever was heard of it on the way: what is confirmed was mined.
            for status in (MINED, CONFIRMED):
                await self._tell_trade(told, Stage(status, at_us, tx_hash))

    async def _tell_stage(self, status: SettlementStatus) -> None:
        fills = {staged.fill for staged in status.fills}
        if not fills:
            return
        part = part_of(status.trade_id, min(fills))
        fills -= self._deals.settled(part)
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
