"""What an operator's system puts on the stream of market administration, as JSON with a ``type``.

The fields are those of the HTTP bodies; events and markets are named by their identifiers.
"""

from typing import Final

from msgspec import json

from outcry.services.event.forms import Body, EventBody, Identifier, MarketForm, ResolveBody


class EventCreate(EventBody, kw_only=True, frozen=True, tag=True, tag_field="type"):
    """Create an event with its first markets; the same again changes nothing."""


class MarketAdd(Body, kw_only=True, frozen=True, tag=True, tag_field="type"):
    """Add a market to an event; the same again changes nothing."""

    event_identifier: Identifier
    market: MarketForm


class MarketEnd(ResolveBody, kw_only=True, frozen=True):
    """Which market ends, and what it pays."""

    market_identifier: Identifier


class MarketClose(MarketEnd, kw_only=True, frozen=True, tag=True, tag_field="type"):
    """Close a market and resolve it, or propose that where it has a dispute window."""

    event_identifier: Identifier


class EventClose(Body, kw_only=True, frozen=True, tag=True, tag_field="type"):
    """Close markets of an event and resolve each, like `MarketClose`."""

    event_identifier: Identifier
    markets: list[MarketEnd]


Command = EventCreate | MarketAdd | MarketClose | EventClose

COMMAND: Final = json.Decoder(Command)
