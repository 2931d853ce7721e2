"""Markets of the CLOB surface, for anybody, and what this exchange pays for quoting: nothing."""

import re
from typing import Final

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.envelope import Refused, accept
from outcry.services.api.clob.activity import ActivityView
from outcry.services.api.clob.cursors import END
from outcry.services.api.clob.market_views import (
    ClobMarketView,
    CompactMarketView,
    MarketOfTokenView,
    Page,
    SimplifiedMarketView,
)
from outcry.services.api.clob.public_forms import PageQuery
from outcry.services.api.clob.reads import MARKETS_COUNT_MAX
from outcry.services.api.http.clob.asking import admit, asked
from outcry.services.api.http.parts import Asked, clob


_BUILDER: Final = re.compile(r"0x[0-9a-fA-F]{64}")


@get("/markets")
async def markets(request: Asked) -> Page[ClobMarketView]:
    """A page of all markets."""
    form = asked(request, PageQuery)
    return accept(await clob(request).public.reads.markets(form.next_cursor, trading=False))


@get("/sampling-markets")
async def sampling_markets(request: Asked) -> Page[ClobMarketView]:
    """A page of the markets that take orders."""
    form = asked(request, PageQuery)
    return accept(await clob(request).public.reads.markets(form.next_cursor, trading=True))


@get("/simplified-markets")
async def simplified_markets(request: Asked) -> Page[SimplifiedMarketView]:
    """A page of all markets with the least about each."""
    form = asked(request, PageQuery)
    return accept(await clob(request).public.reads.simplified(form.next_cursor, trading=False))


@get("/sampling-simplified-markets")
async def sampling_simplified_markets(request: Asked) -> Page[SimplifiedMarketView]:
    """The same of the markets that take orders."""
    form = asked(request, PageQuery)
    return accept(await clob(request).public.reads.simplified(form.next_cursor, trading=True))


@get("/markets/{condition_id:str}")
async def market(request: Asked, condition_id: FromPath[str]) -> ClobMarketView:
    """One market."""
    admit(request)
    return accept(await clob(request).public.reads.market(condition_id))


@get("/clob-markets/{condition_id:str}")
async def clob_market(request: Asked, condition_id: FromPath[str]) -> CompactMarketView:
    """What a client needs of one market to make an order."""
    admit(request)
    return accept(await clob(request).public.reads.compact(condition_id))


@get("/markets-by-token/{token_id:str}")
async def market_by_token(request: Asked, token_id: FromPath[str]) -> MarketOfTokenView:
    """Which market a token belongs to."""
    admit(request)
    return accept(await clob(request).public.reads.market_of(token_id))


@get(["/live-activity/events/{condition_id:str}", "/markets/live-activity/{condition_id:str}"])
async def live_activity(request: Asked, condition_id: FromPath[str]) -> list[ActivityView]:
    """The last trades of a market and who took them."""
    admit(request)
    return accept(await clob(request).public.activity.market(condition_id))


@get(["/rewards/markets/current", "/rewards/markets/multi"])
async def current_rewards(request: Asked) -> Page[object]:
    """What is paid for quoting at present: nothing in any market."""
    asked(request, PageQuery)
    return Page(MARKETS_COUNT_MAX, 0, END, [])


@get("/rewards/markets/{condition_id:str}")
async def market_rewards(request: Asked, condition_id: FromPath[str]) -> Page[object]:
    """What is paid for quoting in one market: nothing."""
    asked(request, PageQuery)
    accept(await clob(request).public.reads.market_row(condition_id))
    return Page(MARKETS_COUNT_MAX, 0, END, [])


@get("/rebates/current")
async def current_rebates(request: Asked) -> list[object]:
    """Rebates that are still to be paid: none, makers get theirs with each fill."""
    admit(request)
    return []


@get("/fees/builder-fees/{code:str}")
async def builder_fees(request: Asked, code: FromPath[str]) -> dict[str, int]:
    """What a builder of interfaces charges on top: nothing on this exchange."""
    admit(request)
    if _BUILDER.fullmatch(code) is None:
        raise Refused(Rejected(Reject.FIELD_INVALID, code[:80], "a builder code: 0x and 64 digits"))
    return {"builder_maker_fee_rate_bps": 0, "builder_taker_fee_rate_bps": 0}


MARKET_HANDLERS: Final[list[HTTPRouteHandler]] = [
    markets,
    sampling_markets,
    simplified_markets,
    sampling_simplified_markets,
    market,
    clob_market,
    market_by_token,
    live_activity,
    current_rewards,
    market_rewards,
    current_rebates,
    builder_fees,
]
