"""Routes of the CLOB surface, at the root of the HTTP port.

They answer as the clients of that surface expect it: 200 is the only success, and everything else
is an object with one text, ``error``. They stand in docs/reference/clob.md instead of OpenAPI.
"""

from litestar import Router

from outcry.services.api.http.clob.auth import AUTH_HANDLERS
from outcry.services.api.http.clob.orders import ORDER_HANDLERS
from outcry.services.api.http.clob.private import PRIVATE_HANDLERS
from outcry.services.api.http.clob.public import public_handlers
from outcry.services.api.http.clob.rfq import RFQ_HANDLERS
from outcry.services.api.http.clob.system import SYSTEM_HANDLERS


def clob_routes() -> list[Router]:
    """Return the routes of the surface."""
    private = [*AUTH_HANDLERS, *ORDER_HANDLERS, *RFQ_HANDLERS, *PRIVATE_HANDLERS]
    handlers = [*SYSTEM_HANDLERS, *private, *public_handlers()]
    return [Router("/", route_handlers=handlers, include_in_schema=False)]


__all__ = ["clob_routes"]
