"""Routes for whoever watches over the exchange: alive, ready, metrics."""

from litestar import MediaType, Response, Router, get
from msgspec import Struct
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from outcry.services.api.http.parts import Asked, parts


#: The framework adds the character set itself.
PLAIN_TEXT = CONTENT_TYPE_LATEST.partition("; charset")[0]


class Ready(Struct, frozen=True):
    """Whether requests are served, and what is missing."""

    ready: bool
    reasons: list[str]


@get("/healthz")
async def healthz() -> str:
    """Whether the process answers at all."""
    return "ok"


@get("/readyz")
async def readyz(request: Asked) -> Response[Ready]:
    """Whether the door can serve: ledger, tables and books. 503 with the reasons when not."""
    reasons = await parts(request).readiness.reasons()
    return Response(
        Ready(not reasons, reasons),
        status_code=503 if reasons else 200,
        media_type=MediaType.JSON,
    )


@get("/metrics", media_type=PLAIN_TEXT)
async def metrics(request: Asked) -> bytes:
    """Figures for Prometheus."""
    return generate_latest(parts(request).registry)


def health_routes() -> Router:
    """Return the routes of this module."""
    return Router("/", tags=["operations"], route_handlers=[healthz, readyz, metrics])
