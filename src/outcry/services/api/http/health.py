"""Routes for whoever watches over the exchange: alive, ready, metrics."""

from litestar import MediaType, Response, Router, get
from litestar.di import NamedDependency
from msgspec import Struct
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from outcry.services.api.readiness import Readiness


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
async def readyz(readiness: NamedDependency[Readiness]) -> Response[Ready]:
    """Whether the door can serve: ledger, tables and books. 503 with the reasons when not."""
    reasons = await readiness.reasons()
    return Response(
        Ready(not reasons, reasons),
        status_code=503 if reasons else 200,
        media_type=MediaType.JSON,
    )


@get("/metrics", media_type=PLAIN_TEXT)
async def metrics(registry: NamedDependency[CollectorRegistry]) -> bytes:
    """Figures for Prometheus."""
    return generate_latest(registry)


def health_routes() -> Router:
    """Return the routes of this module."""
    return Router("/", tags=["operations"], route_handlers=[healthz, readyz, metrics])
