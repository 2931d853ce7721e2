"""Streams: who writes them, who reads them, how their entries are numbered.

Everything on a stream can be produced again from the ledger log, but for ``settlement_status``,
which is comfort and by which nothing is decided. ``commands``, ``facts`` and ``depth`` exist once
per shard and are numbered by seq; the others by the log's ``n``.
An entry covers ``first..last``; the next one starts at ``last + 1``.
"""

from typing import Final, NamedTuple


class StreamKind(NamedTuple):
    """One kind of stream. ``readers`` is documentation that a test holds against the wiring."""

    name: str
    writer: str
    readers: tuple[str, ...]
    numbered_by: str


STREAMS: Final = (
    StreamKind("commands", "asset", ("match_engine",), "seq"),
    StreamKind("facts", "match_engine", ("processor", "depth"), "seq"),
    StreamKind("depth", "depth", ("api", "websocket_depth"), "seq"),
    StreamKind("user_events", "processor", ("websocket_user",), "n"),
    StreamKind("settlement_requests", "processor", ("onchain",), "n"),
    StreamKind("settlement_status", "onchain", ("api", "websocket_user"), "itself"),
    # And for who settles, indexes or shows markets elsewhere.
    StreamKind("market_events", "processor", ("websocket_depth",), "n"),
)

USER_EVENTS: Final = "user_events"
SETTLEMENT_REQUESTS: Final = "settlement_requests"
SETTLEMENT_STATUS: Final = "settlement_status"
MARKET_EVENTS: Final = "market_events"


def commands(shard: int) -> str:
    """Return the name of the stream of numbered commands of *shard*."""
    return f"commands:{shard}"


def facts(shard: int) -> str:
    """Return the name of the stream of facts of *shard*."""
    return f"facts:{shard}"


def depth(shard: int) -> str:
    """Return the name of the stream of public book changes of *shard*."""
    return f"depth:{shard}"
