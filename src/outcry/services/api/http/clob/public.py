"""Reads of the CLOB surface that need no credentials: books, prices, markets."""

from litestar.handlers import HTTPRouteHandler


def public_handlers() -> list[HTTPRouteHandler]:
    """Return the handlers of this module."""
    return []
