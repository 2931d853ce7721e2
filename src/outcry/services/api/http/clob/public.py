"""Reads of the CLOB surface that need no credentials: books, prices, markets, and Gamma's."""

from litestar.handlers import HTTPRouteHandler

from outcry.services.api.http.clob.books import BOOK_HANDLERS
from outcry.services.api.http.clob.gamma import GAMMA_HANDLERS
from outcry.services.api.http.clob.markets import MARKET_HANDLERS


def public_handlers() -> list[HTTPRouteHandler]:
    """Return the handlers of these modules."""
    return [*BOOK_HANDLERS, *MARKET_HANDLERS, *GAMMA_HANDLERS]
