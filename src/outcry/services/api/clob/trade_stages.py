"""Where fills are: what the log, the chain and the sender of transactions say of each."""

from collections.abc import Mapping, Sequence
from typing import Final

from outcry.domain.market import SettlementMode
from outcry.ports.projection import MarketRow, TradeRow
from outcry.ports.rows import VerdictRow
from outcry.ports.series import SERIES_COUNT_MAX, Series
from outcry.runtime.clob.names import FAILED, WAITING, part_of
from outcry.runtime.settlement_stages import SettlementStages
from outcry.services.api.clob.dealing_views import Stage, book_stage, chain_stage


#: Stages of what nobody but its own sides is told of: it may not settle, or did not.
UNTOLD: Final = (WAITING, FAILED)

#: Market, trade and fill.
FillKey = tuple[int, int, int]


class TradeStages:
    """The stages of fills of any markets."""

    def __init__(self, series: Series, stages: SettlementStages) -> None:
        """Read verdicts from *series*; *stages* is what the sender of transactions says."""
        self._series = series
        self._stages = stages

    async def of(
        self, fills: Sequence[TradeRow], markets: Mapping[int, MarketRow]
    ) -> dict[FillKey, Stage]:  # fmt: skip
        """Return where each of *fills* is; *markets* has those that they are of."""
        verdicts = await self._verdicts(fills, markets)
        return {key(fill): self._stage(fill, markets, verdicts) for fill in fills}

    async def told(self, fills: Sequence[TradeRow], market: MarketRow) -> list[TradeRow]:
        """Return those of *fills*, all of one market, that passed their pre-flight."""
        stages = await self.of(fills, {market.market_id: market})
        return [fill for fill in fills if stages[key(fill)].status not in UNTOLD]

    def _stage(
        self,
        fill: TradeRow,
        markets: Mapping[int, MarketRow],
        verdicts: Mapping[FillKey, VerdictRow],
    ) -> Stage:
        if markets[fill.market_id].settlement != SettlementMode.CHAIN:
            return book_stage(part_of(fill.trade_id, fill.fill))
        told = self._stages.of_fill(fill.trade_id, fill.fill)
        return chain_stage(verdicts.get(key(fill)), told)

    async def _verdicts(
        self, fills: Sequence[TradeRow], markets: Mapping[int, MarketRow]
    ) -> dict[FillKey, VerdictRow]:  # fmt: skip
        """Return what chains said of those of *fills* that are theirs."""
        found: dict[FillKey, VerdictRow] = {}
        for market_id in {fill.market_id for fill in fills}:
            if markets[market_id].settlement != SettlementMode.CHAIN:
                continue
            keys = [(one.trade_id, one.fill) for one in fills if one.market_id == market_id]
            for start in range(0, len(keys), SERIES_COUNT_MAX):
                some = keys[start : start + SERIES_COUNT_MAX]
                said = await self._series.verdicts(market_id, some)
                found.update(((market_id, *pair), verdict) for pair, verdict in said.items())
        return found


def key(fill: TradeRow) -> FillKey:
    """Return what a fill is known by."""
    return fill.market_id, fill.trade_id, fill.fill
