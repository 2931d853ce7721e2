"""What clients ask of the CLOB surface without credentials. Unknown parameters are let be."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field, json


#: Tokens of one request about several.
TOKENS_COUNT_MAX: Final = 500
#: Tokens of one request for several histories.
HISTORIES_COUNT_MAX: Final = 20

_SECONDS_MAX: Final = 253_402_300_799
#: Token ids have at most 78 digits.
TokenId = Annotated[str, Meta(max_length=100)]
Seconds = Annotated[int, Meta(ge=0, le=_SECONDS_MAX)]
Minutes = Annotated[int, Meta(ge=1, le=1_000_000)]
Interval = Literal["max", "all", "1m", "1w", "1d", "6h", "1h", ""]
SideName = Literal["BUY", "SELL"]


class TokenQuery(Struct, frozen=True):
    """One token."""

    token_id: TokenId


class PriceQuery(Struct, frozen=True):
    """One token and one side."""

    token_id: TokenId
    side: SideName


class PageQuery(Struct, frozen=True):
    """A page."""

    next_cursor: Annotated[str, Meta(max_length=64)] = ""


class HistoryQuery(Struct, frozen=True):
    """How the price of a token went."""

    market: TokenId
    start: Seconds = field(name="startTs", default=0)
    end: Seconds = field(name="endTs", default=0)
    interval: Interval = ""
    #: Minutes between two points.
    fidelity: Minutes | None = None


class HistoriesBody(Struct, frozen=True):
    """The same of several tokens."""

    markets: Annotated[list[TokenId], Meta(min_length=1, max_length=HISTORIES_COUNT_MAX)]
    start: Seconds = field(name="start_ts", default=0)
    end: Seconds = field(name="end_ts", default=0)
    interval: Interval = ""
    fidelity: Minutes | None = None


class TokenItem(Struct, frozen=True):
    """One of several tokens."""

    token_id: TokenId
    side: SideName | Literal[""] = ""


TokenItems = Annotated[list[TokenItem], Meta(max_length=TOKENS_COUNT_MAX)]

decode_items: Final = json.Decoder(TokenItems)
decode_histories: Final = json.Decoder(HistoriesBody)
