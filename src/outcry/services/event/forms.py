"""What operators send about events and markets. Names are those of the contract."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, json

from outcry.runtime.forms import STORABLE, Id, Name, OptionalId, Prose, Seconds


Identifier = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        pattern=STORABLE,
        description="The operator's own name: the same again is not created twice.",
    ),
]
Decimal = Annotated[str, Meta(description="Decimal text.", examples=["0.01"])]
TokenId = Annotated[
    str, Meta(max_length=78, description="Up to 78 digits; empty: derived from the identifiers.")
]


class Body(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A JSON object."""


class MarketForm(Body, kw_only=True, frozen=True):
    """A market of an event; exactly two outcomes."""

    market_identifier: Identifier
    question: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=STORABLE)]
    slug: Name = ""
    title: Name = ""
    image: Annotated[str, Meta(max_length=2_000, pattern=STORABLE)] = ""
    condition_id: Name = ""
    parent_collection_id: Name = ""
    outcome_0_name: Name = "Yes"
    outcome_1_name: Name = "No"
    outcome_0_token_id: TokenId = ""
    outcome_1_token_id: TokenId = ""
    tick_size: Decimal = "0.0001"
    #: The highest price is its complement.
    min_price: Decimal = "0.0010"
    min_quantity: Decimal = "0.01"
    max_quantity: Decimal = "10000000.00"
    fee_version: OptionalId = 0
    #: 0: the event's end.
    end_date: Seconds = 0
    dispute_window: Annotated[
        int, Meta(ge=0, le=90 * 86_400, description="Seconds a proposed payout may be disputed.")
    ] = 0
    #: When trades are final; "": as the exchange has it (`settlement.mode`).
    settlement: Literal["", "book", "chain"] = ""


class EventBody(Body, kw_only=True, frozen=True):
    """An event with its first markets, all or nothing."""

    event_identifier: Identifier
    title: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=STORABLE)]
    slug: Name = ""
    description: Prose = ""
    image: Annotated[str, Meta(max_length=2_000, pattern=STORABLE)] = ""
    topic: Name = ""
    rules: Prose = ""
    start_date: Seconds = 0
    #: 0: none.
    end_date: Seconds = 0
    markets: Annotated[list[MarketForm], Meta(max_length=500)] = []


class MarketBody(MarketForm, kw_only=True, frozen=True):
    """One more market of an event."""

    event_id: Id


class MoveBody(Body, kw_only=True, frozen=True):
    """Why a market, or an event, is paused, resumed, closed or disputed."""

    reason: Name = ""


class ResolveBody(Body, kw_only=True, frozen=True):
    """What a market pays: a vector, or one outcome (its token id or its name) that takes all."""

    payout: Annotated[list[str], Meta(examples=[["1", "0"]])] = []
    winner: str = ""


class MarketPayoutForm(ResolveBody, kw_only=True, frozen=True):
    """What one market of an event pays."""

    market_id: Id


class EventPayoutsBody(Body, kw_only=True, frozen=True):
    """What markets of an event pay, all or none."""

    payouts: Annotated[list[MarketPayoutForm], Meta(min_length=1, max_length=500)]


class VoidBody(Body, kw_only=True, frozen=True):
    """What a market without an outcome pays; empty: half each. Or everybody's money back."""

    payout: Annotated[list[str], Meta(examples=[["0.5", "0.5"]])] = []
    refund: Annotated[
        bool, Meta(description="Give back what each account paid in, instead of a payout.")
    ] = False


class EventMadeView(Struct, frozen=True):
    """An event that exists as of log entry ``n``."""

    event_id: int
    market_ids: list[int]
    n: int
    repeated: bool


class MarketMadeView(Struct, frozen=True):
    """A market that exists as of log entry ``n``."""

    market_id: int
    event_id: int
    n: int
    repeated: bool


class MovedView(Struct, frozen=True):
    """A market that made a move, committed in log entry ``n``."""

    market_id: int
    n: int
    repeated: bool


class EventMovedView(Struct, frozen=True):
    """An event whose ``market_ids`` made a move, committed in log entry ``n``."""

    event_id: int
    market_ids: list[int]
    n: int
    repeated: bool


EVENT_BODY: Final = json.Decoder(EventBody)
MARKET_BODY: Final = json.Decoder(MarketBody)
MOVE_BODY: Final = json.Decoder(MoveBody)
RESOLVE_BODY: Final = json.Decoder(ResolveBody)
EVENT_PAYOUTS_BODY: Final = json.Decoder(EventPayoutsBody)
VOID_BODY: Final = json.Decoder(VoidBody)
