"""Gamma's lists. They begin with ``/gamma``; where no other route is meant, they are bare as well.

``/markets`` is the CLOB's, with another shape. A client that keeps Gamma at an address of its own
is pointed to ``…/gamma``.
"""

from typing import Final

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from outcry.runtime.envelope import accept
from outcry.services.api.clob.gamma_forms import SearchQuery, read_list
from outcry.services.api.clob.gamma_views import (
    EventKeysetPage,
    GammaEvent,
    GammaMarket,
    MarketKeysetPage,
    SearchView,
    TagView,
)
from outcry.services.api.http.clob.asking import admit, asked
from outcry.services.api.http.parts import Asked, clob


@get("/gamma/markets")
async def gamma_markets(request: Asked) -> list[GammaMarket]:
    """Markets, by filters."""
    return (await _markets(request)).markets


@get("/gamma/markets/keyset")
async def gamma_markets_keyset(request: Asked) -> MarketKeysetPage:
    """The same with a cursor."""
    return await _markets(request)


@get("/gamma/markets/{market_id:str}")
async def gamma_market(request: Asked, market_id: FromPath[str]) -> GammaMarket:
    """One market."""
    admit(request)
    return accept(await clob(request).public.gamma.market(market_id))


@get("/gamma/markets/slug/{slug:str}")
async def gamma_market_by_slug(request: Asked, slug: FromPath[str]) -> GammaMarket:
    """The newest market of a slug."""
    admit(request)
    return accept(await clob(request).public.gamma.market(slug=slug))


@get(["/gamma/events", "/events"])
async def gamma_events(request: Asked) -> list[GammaEvent]:
    """Events with their markets, by filters."""
    return (await _events(request)).events


@get(["/gamma/events/keyset", "/events/keyset"])
async def gamma_events_keyset(request: Asked) -> EventKeysetPage:
    """The same with a cursor."""
    return await _events(request)


@get(["/gamma/events/{event_id:str}", "/events/{event_id:str}"])
async def gamma_event(request: Asked, event_id: FromPath[str]) -> GammaEvent:
    """One event with its markets."""
    admit(request)
    return accept(await clob(request).public.gamma.event(event_id))


@get(["/gamma/events/slug/{slug:str}", "/events/slug/{slug:str}"])
async def gamma_event_by_slug(request: Asked, slug: FromPath[str]) -> GammaEvent:
    """The newest event of a slug."""
    admit(request)
    return accept(await clob(request).public.gamma.event(slug=slug))


@get(["/gamma/tags", "/tags"])
async def gamma_tags(request: Asked) -> list[TagView]:
    """Topics of events."""
    admit(request)
    return await clob(request).public.gamma.tags()


@get(["/gamma/tags/{slug:str}", "/tags/{slug:str}"])
async def gamma_tag(request: Asked, slug: FromPath[str]) -> TagView:
    """One topic by its id, which is its slug."""
    admit(request)
    return accept(await clob(request).public.gamma.tag(slug))


@get(["/gamma/tags/slug/{slug:str}", "/tags/slug/{slug:str}"])
async def gamma_tag_by_slug(request: Asked, slug: FromPath[str]) -> TagView:
    """One topic."""
    admit(request)
    return accept(await clob(request).public.gamma.tag(slug))


@get(["/gamma/tags/{slug:str}/related-tags", "/gamma/tags/{slug:str}/related-tags/tags",
      "/gamma/tags/slug/{slug:str}/related-tags",
      "/gamma/tags/slug/{slug:str}/related-tags/tags"])  # fmt: skip
async def gamma_related_tags(request: Asked, slug: FromPath[str]) -> list[TagView]:
    """Topics stand for themselves here: none is related to another."""
    admit(request)
    accept(await clob(request).public.gamma.tag(slug))
    return []


@get(["/gamma/events/{event_id:str}/tags", "/events/{event_id:str}/tags"])
async def gamma_tags_of_event(request: Asked, event_id: FromPath[str]) -> list[TagView]:
    """The topic of an event."""
    admit(request)
    return accept(await clob(request).public.gamma.tags_of_event(event_id))


@get("/gamma/markets/{market_id:str}/tags")
async def gamma_tags_of_market(request: Asked, market_id: FromPath[str]) -> list[TagView]:
    """The topic of a market's event."""
    admit(request)
    return accept(await clob(request).public.gamma.tags_of_market(market_id))


@get(["/gamma/series", "/series"])
async def gamma_series(request: Asked) -> list[TagView]:
    """Nothing: events of this exchange are not joined into series."""
    admit(request)
    return []


@get(["/gamma/public-search", "/public-search"])
async def gamma_search(request: Asked) -> SearchView:
    """Events whose title has a text."""
    return await clob(request).public.gamma.search(asked(request, SearchQuery))


async def _markets(request: Asked) -> MarketKeysetPage:
    admit(request)
    form = accept(read_list(request.query_params.multi_items()))
    return accept(await clob(request).public.gamma.markets(form))


async def _events(request: Asked) -> EventKeysetPage:
    admit(request)
    form = accept(read_list(request.query_params.multi_items()))
    return accept(await clob(request).public.gamma.events(form))


GAMMA_HANDLERS: Final[list[HTTPRouteHandler]] = [
    gamma_markets,
    gamma_markets_keyset,
    gamma_market,
    gamma_market_by_slug,
    gamma_events,
    gamma_events_keyset,
    gamma_event,
    gamma_event_by_slug,
    gamma_tags,
    gamma_tag,
    gamma_tag_by_slug,
    gamma_related_tags,
    gamma_tags_of_event,
    gamma_tags_of_market,
    gamma_series,
    gamma_search,
]
