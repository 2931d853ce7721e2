"""The HTTP door of events and markets, a router beside those of the api service."""

from litestar import Router
from litestar.di import Provide

from outcry.services.event.http import events, markets
from outcry.services.event.service import Lifecycle


def lifecycle_routes(lifecycle: Lifecycle) -> Router:
    """Return the routes of this package, which act on *lifecycle*."""
    return Router(
        "/api/admin",
        tags=["admin"],
        dependencies={"lifecycle": Provide(lambda: lifecycle, sync_to_thread=False)},
        route_handlers=[*markets.HANDLERS, *events.HANDLERS],
    )
