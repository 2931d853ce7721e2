"""Around the upgrade to a WebSocket: what picows wants to be told, and what it should not say."""

from http import HTTPStatus
from logging import CRITICAL, Logger, LoggerAdapter, getLogger

from picows import WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener


def refusal(status: HTTPStatus, body: str) -> WSUpgradeResponseWithListener:
    """Return the answer to a request that gets no connection."""
    response = WSUpgradeResponse.create_error_response(status, body.encode())
    return WSUpgradeResponseWithListener(response, None)


def normalise(request: WSUpgradeRequest) -> None:
    """Let ``Connection: keep-alive, Upgrade`` pass, which Firefox sends and picows refuses."""
    tokens = request.headers.get("Connection", "").lower().split(",")
    if "upgrade" in (token.strip() for token in tokens):
        request.headers["Connection"] = "Upgrade"


def quiet() -> "LoggerAdapter[Logger]":
    """Return a logger that keeps picows's lines per connection to itself.

    What clients do wrong is their close code, and what we do wrong the listener logs.
    """
    logger = getLogger("outcry.feeds.picows")
    logger.setLevel(CRITICAL)
    # An adapter, because picows makes a child of each plain logger for each connection.
    return LoggerAdapter(logger, {})
