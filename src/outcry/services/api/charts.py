"""Charts: how prices, trades and portfolios went. From tables only."""

from typing import Final

from msgspec.structs import replace

from outcry.domain.ledger.pending import Outcome
from outcry.domain.market import SettlementMode, own_price
from outcry.domain.rejects import Rejected
from outcry.domain.units import (
    MICROS_PER_SECOND,
    TICKS_PER_UNIT,
    format_money,
    format_price,
    format_quantity,
)
from outcry.messages.settlement_status import SettlementStage, SettlementStatus
from outcry.ports.projection import MarketRow, TradeRow
from outcry.ports.rows import CandleRow, PortfolioRow, VerdictRow
from outcry.ports.series import Series
from outcry.runtime.settlement_stages import SettlementStages
from outcry.services.api.catalogue import Catalogue
from outcry.services.api.chart_forms import INTERVALS, CandlesQuery, PortfolioQuery, TradesQuery
from outcry.services.api.chart_views import (
    CandlesView,
    CandleView,
    PortfolioHistoryView,
    PriceHistoryView,
    PricePointView,
    TradesView,
    TradeView,
    WorthView,
)
from outcry.services.api.render import seconds
from outcry.services.api.render_orders import side_name
from outcry_wire.records import MatchKind


#: What is told of a fill on its way.
_STAGES: Final = {
    SettlementStage.SENT: "matched",
    SettlementStage.MINED: "mined",
    SettlementStage.RETRYING: "retrying",
}
#: The end of time for whoever names none: no exchange reaches it, and it fits any column.
FOREVER_US: Final = 1 << 62


class Charts:
    """Candles, price histories, last trades and worths."""

    def __init__(self, series: Series, catalogue: Catalogue, stages: SettlementStages) -> None:
        """Read from *series*; names come from *catalogue*, what is on its way from *stages*."""
        self._stages = stages
        self._series = series
        self._catalogue = catalogue

    async def candles(self, form: CandlesQuery) -> CandlesView | Rejected:
        """Return the candles of one outcome of a market."""
        market = await self._catalogue.market(form.market_id, form.event_id)
        if isinstance(market, Rejected):
            return market
        rows = await self._candles(form)
        token = (market.token_0, market.token_1)[form.outcome]
        views = [candle_view(row, form.outcome) for row in rows]
        return CandlesView(market.market_id, token, form.interval, views)

    async def price_history(self, form: CandlesQuery) -> PriceHistoryView | Rejected:
        """Return the last prices of one outcome of a market."""
        market = await self._catalogue.market(form.market_id, form.event_id)
        if isinstance(market, Rejected):
            return market
        token = (market.token_0, market.token_1)[form.outcome]
        points = [
            PricePointView(seconds(row.start_us), format_price(own_price(form.outcome, row.close)))
            for row in await self._candles(form)
        ]
        return PriceHistoryView(market.market_id, token, form.interval, points)

    async def trades(self, form: TradesQuery) -> TradesView | Rejected:
        """Return the last fills of a market, or those before one of them."""
        market = await self._catalogue.market(form.market_id, form.event_id)
        if isinstance(market, Rejected):
            return market
        before = (form.before, form.before_fill) if form.before else None
        found = await self._series.last_trades(market.market_id, before, form.limit)
        views = [trade_view(row, market) for row in found.rows]
        if market.settlement == SettlementMode.CHAIN:
            views = await self._settling_views(market.market_id, views)
        return TradesView(views, len(views) == form.limit, found.n)

    async def _settling_views(self, market_id: int, views: list[TradeView]) -> list[TradeView]:
        """Return *views* with what the chain says of them, or its sender."""
        verdicts = await self._series.verdicts(market_id, [(v.trade_id, v.fill) for v in views])
        told = []
        for view in views:
            verdict = verdicts.get((view.trade_id, view.fill))
            stands = self._stages.of_fill(view.trade_id, view.fill)
            told.append(replace(view, **_chain_says(verdict, stands)))
        return told

    async def portfolio(self, form: PortfolioQuery, account: int) -> PortfolioHistoryView:
        """Return what *account* was worth."""
        span = _span(form)
        rows = await self._series.portfolio(account, INTERVALS[form.interval], *span, form.limit)
        return PortfolioHistoryView(form.interval, [worth_view(row) for row in rows])

    async def _candles(self, form: CandlesQuery) -> list[CandleRow]:
        length = INTERVALS[form.interval]
        return await self._series.candles(form.market_id, length, *_span(form), form.limit)


def _span(form: CandlesQuery | PortfolioQuery) -> tuple[int, int]:
    end_us = form.end * MICROS_PER_SECOND or FOREVER_US
    return form.start * MICROS_PER_SECOND, end_us


def candle_view(row: CandleRow, outcome: int) -> CandleView:
    """Return a candle at *outcome*'s own prices: high and low change places for outcome 1."""
    high, low = (row.low, row.high) if outcome else (row.high, row.low)
    value = row.qty * TICKS_PER_UNIT - row.value if outcome else row.value
    return CandleView(
        time=seconds(row.start_us),
        open=format_price(own_price(outcome, row.open)),
        high=format_price(own_price(outcome, high)),
        low=format_price(own_price(outcome, low)),
        close=format_price(own_price(outcome, row.close)),
        quantity=format_quantity(row.qty),
        volume=format_money(value),
        trades=row.trades,
    )


def _chain_says(verdict: VerdictRow | None, stands: SettlementStatus | None) -> dict[str, str]:
    """Return status, transaction and reason: the verdict counts more than what was told before."""
    if verdict is not None:
        status = Outcome(verdict.verdict).name.lower()
        return {
            "status": status, "transaction_hash": verdict.tx_hash, "reason": verdict.reason
        }  # fmt: skip
    if stands is None:
        return {"status": "matched"}
    status = _STAGES[SettlementStage(stands.stage)]
    return {"status": status, "transaction_hash": stands.tx_hash}


def trade_view(row: TradeRow, market: MarketRow) -> TradeView:
    """Return a fill as its taker made it."""
    own = own_price(row.taker_outcome, row.price)
    return TradeView(
        trade_id=row.trade_id,
        fill=row.fill,
        token_id=(market.token_0, market.token_1)[row.taker_outcome],
        outcome_name=(market.outcome_0, market.outcome_1)[row.taker_outcome],
        side=side_name(row.taker_side),
        price=format_price(own),
        quantity=format_quantity(row.qty),
        value=format_money(own * row.qty),
        match=MatchKind(row.match).name.lower(),
        timestamp=seconds(row.at_us),
    )


def worth_view(row: PortfolioRow) -> WorthView:
    """Return what an account was worth."""
    return WorthView(
        time=seconds(row.at_us),
        value=format_money(row.cash + row.tokens),
        cash=format_money(row.cash),
        tokens=format_money(row.tokens),
    )
