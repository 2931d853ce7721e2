"""Whether the surface is there, what time it is, and what it wants signed."""

import time
from typing import Final

from litestar import MediaType, get
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from outcry.services.api.http.parts import Asked, clob


class VersionView(Struct, frozen=True):
    """The generation of orders that clients are to sign."""

    version: int


@get(["/", "/ok"])
async def ok() -> str:
    """Whether the surface answers at all."""
    return "OK"


@get("/time", media_type=MediaType.JSON)
async def server_time() -> int:
    """Seconds since 1970, by which signed requests are judged."""
    return int(time.time())


@get("/version")
async def version(request: Asked) -> VersionView:
    """Return the generation of orders to sign; both are taken."""
    return VersionView(clob(request).config.order_version)


SYSTEM_HANDLERS: Final[list[HTTPRouteHandler]] = [ok, server_time, version]
