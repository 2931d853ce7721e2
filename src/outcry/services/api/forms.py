"""What clients send to `/api`: one struct per route, read by `outcry.runtime.forms`.

Names are those of the contract. Amounts are decimal text, never JSON numbers; ids and times
(seconds) are integers.
"""

from typing import Annotated, Final

from msgspec import Meta, Struct, field, json

from outcry.ports.queries import PAGE_SIZE_MAX
from outcry.runtime.forms import Id, Name, OptionalId, Seconds


PAGE_MAX: Final = 1_000_000

Page = Annotated[int, Meta(ge=1, le=PAGE_MAX, description="Pages count from 1.")]
PageSize = Annotated[int, Meta(ge=1, le=PAGE_SIZE_MAX, description="Items of one page.")]
After = Annotated[
    int,
    Meta(
        ge=0,
        le=2**63 - 1,
        description="Answer only when the tables include this log entry: the `n` of an earlier "
        "answer, so that a client reads what it wrote.",
    ),
]
Uid = Annotated[int, Meta(ge=1, le=2**63 - 1, description="The user's id.")]
Account = Annotated[
    int,
    Meta(ge=0, le=2**63 - 1, description="0 is the first one; another is for its owner to see."),
]
Price = Annotated[str, Meta(description="Decimal text in collateral per share.", examples=["0.55"])]
Quantity = Annotated[str, Meta(description="Decimal text in shares.", examples=["10.00"])]
Money = Annotated[str, Meta(description="Decimal text in collateral.", examples=["25.000000"])]
SortFlag = Annotated[bool | None, Meta(description="Sort by this: true falling, false rising.")]


class Query(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Parameters in the address."""


class Body(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A JSON object."""


class NoQuery(Query, kw_only=True, frozen=True):
    """No parameter at all."""


class EventsQuery(Query, kw_only=True, frozen=True):
    """Which events, in which order; at most one of the three flags."""

    topic: Name = ""
    title: Annotated[Name, Meta(description="A part of the title.")] = ""
    ending_soon: bool = False
    newest: bool = False
    volume: bool = False
    page: Page = 1
    page_size: PageSize = 20


class EventQuery(Query, kw_only=True, frozen=True):
    """One event."""

    event_id: Id


class DepthQuery(Query, kw_only=True, frozen=True):
    """One market."""

    event_id: Id
    market_id: Id
    after: After = 0


class UserQuery(Query, kw_only=True, frozen=True):
    """One user."""

    uid: Uid
    after: After = 0


class BalanceQuery(Query, kw_only=True, frozen=True):
    """One user, or one of their accounts."""

    uid: Uid
    account: Account = 0
    after: After = 0


class PositionsQuery(Query, kw_only=True, frozen=True):
    """Whose positions, where, and in which order; by default falling by profit."""

    uid: Uid
    account: Account = 0
    event_id: OptionalId = 0
    market_id: OptionalId = 0
    question: Annotated[Name, Meta(description="A part of the market's question.")] = ""
    value: SortFlag = None
    quantity: SortFlag = None
    avg_price: SortFlag = None
    profit_value: SortFlag = None
    profit_percentage: SortFlag = None
    page: Page = 1
    page_size: PageSize = PAGE_SIZE_MAX
    after: After = 0


class ClosedQuery(PositionsQuery, kw_only=True, frozen=True):
    """Whose closed positions, where, and in which order; by default the last redeemed first."""

    redeem_timestamp: SortFlag = None


class AccountQuery(Query, kw_only=True, frozen=True):
    """A page of one user's orders or activity; 0 means any event or market."""

    uid: Uid
    account: Account = 0
    event_id: OptionalId = 0
    market_id: OptionalId = 0
    page: Page = 1
    page_size: PageSize = 20
    after: After = 0


class HistoryQuery(Query, kw_only=True, frozen=True):
    """A page of one's own orders; 0 means any event or market."""

    account: Account = 0
    event_id: OptionalId = 0
    market_id: OptionalId = 0
    page: Page = 1
    page_size: PageSize = 20
    after: After = 0


class EventBalanceQuery(Query, kw_only=True, frozen=True):
    """One's own balances in an event, or in one market of it."""

    event_id: Id
    account: Account = 0
    market_id: OptionalId = 0
    after: After = 0


class UserDataQuery(Query, kw_only=True, frozen=True):
    """Registration, by the invitation of another user; without effect for who was here before."""

    invite_code: Name = ""


class WaitQuery(Query, kw_only=True, frozen=True):
    """When to answer."""

    wait: Annotated[
        str,
        Meta(
            description="`accepted`: answer when the request is durable. `result`: when the book "
            "has spoken.",
            extra_json_schema={"enum": ["accepted", "result"]},
        ),
    ] = ""


class PlaceBody(Body, kw_only=True, frozen=True):
    """An order without a signature."""

    event_id: Id
    market_id: Id
    side: Annotated[str, Meta(extra_json_schema={"enum": ["buy", "sell"]})]
    order_type: Annotated[str, Meta(extra_json_schema={"enum": ["limit", "market"]})]
    token_id: Annotated[str, Meta(description="The outcome's token.")] = ""
    token_id_alias: Annotated[str, Meta(description="The same as `token_id`.")] = field(
        default="", name="tokenId"
    )
    #: The limit, or the worst price of a market order ("": the widest the market allows).
    price: Price = ""
    quantity: Quantity = ""
    #: The all-in money of a market buy, instead of a quantity.
    volume: Money = ""
    time_in_force: Annotated[
        str, Meta(extra_json_schema={"enum": ["GTC", "GTD", "IOC", "FAK", "FOK"]})
    ] = ""
    post_only: bool = False
    client_order_id: str = ""
    self_trade_prevention: Annotated[
        str,
        Meta(
            extra_json_schema={"enum": ["cancel_taker", "cancel_maker", "cancel_both", "decrement"]}
        ),
    ] = "cancel_taker"
    #: When a GTD order ends.
    expiration: Seconds = 0
    account: Account = 0
    wait: str = ""


class CancelBody(Body, kw_only=True, frozen=True):
    """Which order: by the exchange's id or by the client's own."""

    order_id: OptionalId = 0
    client_order_id: str = ""
    account: Account = 0
    wait: str = ""


class ReduceBody(Body, kw_only=True, frozen=True):
    """Which order, named like that of a cancel, and how many shares to take off it."""

    quantity: Quantity
    order_id: OptionalId = 0
    client_order_id: str = ""
    account: Account = 0
    wait: str = ""


class ReplaceBody(Body, kw_only=True, frozen=True):
    """Which order, named like that of a cancel, and its new terms."""

    #: At the order's own outcome.
    price: Price
    quantity: Annotated[
        str,
        Meta(
            description="The new total in shares, what is filled already included.",
            examples=["10.00"],
        ),
    ]
    order_id: OptionalId = 0
    client_order_id: str = ""
    post_only: bool = False
    account: Account = 0
    wait: str = ""


class CancelAllBody(Body, kw_only=True, frozen=True):
    """Which orders: in one market, of one event, or (0) all of them."""

    event_id: OptionalId = 0
    market_id: OptionalId = 0
    account: Account = 0
    wait: str = ""


class SharesBody(Body, kw_only=True, frozen=True):
    """How many pairs of tokens of a market to make or to give back."""

    market_id: Id
    quantity: Quantity
    account: Account = 0
    event_id: OptionalId = 0


class RedeemBody(Body, kw_only=True, frozen=True):
    """Which market's tokens to turn into collateral."""

    market_id: Id
    account: Account = 0
    event_id: OptionalId = 0


PLACE_BODY: Final = json.Decoder(PlaceBody)
CANCEL_BODY: Final = json.Decoder(CancelBody)
REDUCE_BODY: Final = json.Decoder(ReduceBody)
REPLACE_BODY: Final = json.Decoder(ReplaceBody)
CANCEL_ALL_BODY: Final = json.Decoder(CancelAllBody)
SHARES_BODY: Final = json.Decoder(SharesBody)
REDEEM_BODY: Final = json.Decoder(RedeemBody)
