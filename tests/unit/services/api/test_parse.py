"""Orders as clients write them: what they become, and the exact reject of everything else."""

import json
from typing import Any

import pytest

from outcry.domain.market import MarketState
from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import CancelAllRequest, CancelRequest, PlaceRequest
from outcry.ports.projection import MarketRow
from outcry.runtime.forms import read_body
from outcry.services.api import parse
from outcry.services.api.forms import CANCEL_BODY, CancelAllBody
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


YES, NO, OTHER = "111", "222", "333"
MARKET = MarketRow(
    market_id=7,
    event_id=3,
    shard=0,
    identifier="m",
    slug="m",
    title="M",
    question="M?",
    image="",
    condition_id="",
    parent_collection_id="",
    outcome_0="Yes",
    outcome_1="No",
    token_0=YES,
    token_1=NO,
    tick=10,
    price_min=10,
    price_max=9_990,
    qty_min=1,
    qty_max=10**9,
    orders_max=1_000,
    fee_version=0,
    state=MarketState.OPEN,
    payout_0=0,
    payout_1=0,
    end_at_us=0,
    created_at_us=0,
    closed_at_us=0,
    resolved_at_us=0,
    volume=0,
    last_price=0,
)
LIMIT = {
    "event_id": 3,
    "market_id": 7,
    "token_id": YES,
    "side": "buy",
    "order_type": "limit",
    "price": "0.6",
    "quantity": "10",
}


def order(**changes: Any) -> bytes:
    """Return the body of a good limit order with *changes*; None takes a field out."""
    fields = {**LIMIT, **changes}
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()


def parsed(body: bytes) -> PlaceRequest | Rejected:
    """Return what *body* becomes for account 1000."""
    form = parse.read_place(body, unsigned_orders=True)
    if isinstance(form, Rejected):
        return form
    return parse.place_request(form, MARKET, 1000, other_tokens={OTHER})


def placed(**changes: Any) -> PlaceRequest:
    """Return the request of an order that must be well formed."""
    request = parsed(order(**changes))
    assert isinstance(request, PlaceRequest), request
    return request


def test_a_limit_order_becomes_integers() -> None:
    """Decimal text becomes ticks and lots; defaults are GTC and cancel-taker."""
    assert placed() == PlaceRequest(
        1000, 7, 0, Side.BUY, OrderKind.LIMIT, TimeInForce.GTC, False,
        SelfTrade.CANCEL_TAKER, 6_000, 1_000, 0, 0, "",
    )  # fmt: skip


def test_prices_of_the_other_outcome_are_turned_round() -> None:
    """An order on outcome 1 goes into the one book at the complement of its own price."""
    assert placed(token_id=NO, price="0.3999").price == 6_001
    assert placed(token_id=NO, side="sell", price="0.0001").price == 9_999


def test_every_field_arrives() -> None:
    """All that a client may choose is in the request."""
    request = placed(
        side="sell",
        time_in_force="GTD",
        expiration=1_800_000_000,
        post_only=True,
        client_order_id="my order/1",
        self_trade_prevention="decrement",
        token_id=None,
        tokenId=NO,
    )

    assert request == PlaceRequest(
        1000, 7, 1, Side.SELL, OrderKind.LIMIT, TimeInForce.GTD, True,
        SelfTrade.DECREMENT, 4_000, 1_000, 0, 1_800_000_000_000_000, "my order/1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "kind", "tif", "price", "qty", "budget"),
    [
        ({"price": None}, OrderKind.MARKET_QTY, TimeInForce.IOC, 0, 1_000, 0),
        ({"price": "0.7"}, OrderKind.MARKET_QTY, TimeInForce.IOC, 7_000, 1_000, 0),
        ({"time_in_force": "FOK"}, OrderKind.MARKET_QTY, TimeInForce.FOK, 6_000, 1_000, 0),
        ({"time_in_force": "FAK"}, OrderKind.MARKET_QTY, TimeInForce.IOC, 6_000, 1_000, 0),
        (
            {"quantity": None, "volume": "12.5", "price": None},
            OrderKind.MARKET_MONEY, TimeInForce.IOC, 0, 0, 12_500_000,
        ),
    ],
)  # fmt: skip
def test_market_orders(
    changes: dict[str, Any],
    kind: OrderKind,
    tif: TimeInForce,
    price: int,
    qty: int,
    budget: int,
) -> None:
    """A market order is by quantity or by money, immediate, with a bound or without."""
    request = placed(order_type="market", **changes)

    assert (request.kind, request.tif, request.price, request.qty, request.budget) == (
        kind,
        tif,
        price,
        qty,
        budget,
    )


def test_an_expiry_alone_means_good_till_date() -> None:
    """A limit order with an expiry and no time in force is GTD."""
    assert placed(expiration=1_800_000_000).tif == TimeInForce.GTD


THIRTY_DIGITS = "1" + "0" * 30

BAD = [
    # the body
    (b"{", Reject.MALFORMED),
    (b'{"price": NaN}', Reject.MALFORMED),
    (b'{"price": Infinity}', Reject.MALFORMED),
    (b"\xff\xfe", Reject.MALFORMED),
    (b"[" * 50_000, Reject.MALFORMED),
    (b"[]", Reject.FIELD_INVALID),
    (b"null", Reject.FIELD_INVALID),
    (b"", Reject.FIELD_MISSING),
    (order(colour="red"), Reject.FIELD_UNKNOWN),
    (order(salt=1), Reject.FIELD_UNKNOWN),
    (order(signature="0x"), Reject.SIGNED_ORDERS_UNSUPPORTED),
    (order(signature=None, salt=1, maker="0x"), Reject.FIELD_UNKNOWN),
    # ids
    (order(market_id=None), Reject.FIELD_MISSING),
    (order(market_id="7"), Reject.FIELD_INVALID),
    (order(market_id=7.5), Reject.FIELD_INVALID),
    (order(market_id=0), Reject.FIELD_INVALID),
    (order(market_id=-7), Reject.FIELD_INVALID),
    (order(market_id=True), Reject.FIELD_INVALID),
    (order(market_id=2**63), Reject.FIELD_INVALID),
    (order(market_id=10**30), Reject.FIELD_INVALID),
    (order(event_id=None), Reject.FIELD_MISSING),
    # side, kind, token
    (order(side="hold"), Reject.SIDE_INVALID),
    (order(side="BUY"), Reject.SIDE_INVALID),
    (order(side=0), Reject.FIELD_INVALID),
    (order(order_type="stop"), Reject.KIND_INVALID),
    (order(token_id=None), Reject.FIELD_MISSING),
    (order(token_id="999"), Reject.TOKEN_UNKNOWN),
    (order(token_id=OTHER), Reject.TOKEN_OF_OTHER_MARKET),
    (order(token_id=111), Reject.FIELD_INVALID),
    # price
    (order(price=None), Reject.FIELD_MISSING),
    (order(price=0.6), Reject.FIELD_INVALID),
    (order(price=1), Reject.FIELD_INVALID),
    (order(price="NaN"), Reject.FIELD_INVALID),
    (order(price="-0.5"), Reject.FIELD_INVALID),
    (order(price="+0.5"), Reject.FIELD_INVALID),
    (order(price="5e-1"), Reject.FIELD_INVALID),
    (order(price="0,5"), Reject.FIELD_INVALID),
    (order(price=" 0.5"), Reject.FIELD_INVALID),
    (order(price="٠.٥"), Reject.FIELD_INVALID),
    (order(price="half"), Reject.FIELD_INVALID),
    (order(price="0.60001"), Reject.PRICE_OFF_GRID),
    (order(price="0"), Reject.PRICE_OUT_OF_BOUNDS),
    (order(price="0.0000"), Reject.PRICE_OUT_OF_BOUNDS),
    (order(price="1"), Reject.PRICE_OUT_OF_BOUNDS),
    (order(price="1", token_id=NO), Reject.PRICE_OUT_OF_BOUNDS),
    (order(price="1", order_type="market", token_id=NO), Reject.PRICE_OUT_OF_BOUNDS),
    (order(price=THIRTY_DIGITS), Reject.PRICE_OUT_OF_BOUNDS),
    # quantity
    (order(quantity=None), Reject.FIELD_MISSING),
    (order(quantity=10), Reject.FIELD_INVALID),
    (order(quantity="0"), Reject.QUANTITY_INVALID),
    (order(quantity="-1"), Reject.QUANTITY_INVALID),
    (order(quantity="1.234"), Reject.QUANTITY_INVALID),
    (order(quantity="NaN"), Reject.QUANTITY_INVALID),
    (order(quantity="1e30"), Reject.QUANTITY_INVALID),
    (order(quantity=THIRTY_DIGITS), Reject.QUANTITY_ABOVE_MAXIMUM),
    (order(quantity="9" * 5_000), Reject.QUANTITY_INVALID),
    (order(quantity="10000000.01"), Reject.QUANTITY_ABOVE_MAXIMUM),
    # money
    (order(volume="5"), Reject.FIELD_INVALID),
    (order(order_type="market", volume="5"), Reject.FIELD_INVALID),
    (order(order_type="market", side="sell", quantity=None, volume="5"), Reject.MONEY_SELL),
    (order(order_type="market", quantity=None, volume="0"), Reject.BUDGET_INVALID),
    (order(order_type="market", quantity=None, volume="0.0000001"), Reject.BUDGET_INVALID),
    (order(order_type="market", quantity=None, volume=THIRTY_DIGITS), Reject.BUDGET_INVALID),
    (order(order_type="market", quantity=None), Reject.FIELD_MISSING),
    # the rest
    (order(time_in_force="DAY"), Reject.TIME_IN_FORCE_INVALID),
    (order(post_only="yes"), Reject.FIELD_INVALID),
    (order(expiration=-1), Reject.FIELD_INVALID),
    (order(expiration="soon"), Reject.FIELD_INVALID),
    (order(expiration=10**15), Reject.FIELD_INVALID),
    (order(client_order_id="a" * 65), Reject.CLIENT_ORDER_ID_INVALID),
    (order(client_order_id="naïve"), Reject.CLIENT_ORDER_ID_INVALID),
    (order(client_order_id="a\nb"), Reject.CLIENT_ORDER_ID_INVALID),
    (order(self_trade_prevention="allow"), Reject.SELF_TRADE_INVALID),
]


@pytest.mark.parametrize(("body", "reject"), BAD, ids=lambda value: str(value)[:60])
def test_what_is_wrong_has_its_number(body: bytes, reject: Reject) -> None:
    """Every way to write an order wrongly gets exactly its own number, and circumstances fit."""
    refused = parsed(body)

    assert isinstance(refused, Rejected), refused
    assert refused.reject is reject
    assert len(refused.got) < 200
    assert len(refused.expected) < 200


def test_where_unsigned_orders_are_not_taken_none_is() -> None:
    """A venue of signed orders declines a perfect unsigned one with its own number."""
    assert parse.read_place(order(), unsigned_orders=False) == Rejected(
        Reject.UNSIGNED_ORDERS_DISABLED
    )


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        ("", False, False),
        ("", True, True),
        ("accepted", True, False),
        ("result", False, True),
    ],
)
def test_when_to_answer(text: str, default: bool, expected: bool) -> None:
    """`wait` is accepted or result; without it the route's own default holds."""
    assert parse.read_wait(text, default=default) is expected


def test_another_wait_is_refused() -> None:
    """Any other `wait` is said to be wrong instead of being ignored."""
    refused = parse.read_wait("forever", default=False)

    assert isinstance(refused, Rejected)
    assert refused.reject is Reject.FIELD_INVALID


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"order_id": 5}', CancelRequest(1000, 5, "")),
        (b'{"client_order_id": "a"}', CancelRequest(1000, 0, "a")),
        (b"{}", Reject.FIELD_MISSING),
        (b'{"order_id": 5, "client_order_id": "a"}', Reject.FIELD_INVALID),
        (b'{"order_id": "5"}', Reject.FIELD_INVALID),
        (b'{"order_id": -5}', Reject.FIELD_INVALID),
        (b'{"client_order_id": "\\u00e9"}', Reject.CLIENT_ORDER_ID_INVALID),
    ],
)
def test_a_cancel_names_one_order_in_one_way(body: bytes, expected: CancelRequest | Reject) -> None:
    """A cancel is by id or by client order id, never by neither or both."""
    form = read_body(CANCEL_BODY, body)
    request = form if isinstance(form, Rejected) else parse.cancel_request(form, 1000)

    assert (request.reject if isinstance(request, Rejected) else request) == expected


def test_a_market_says_more_than_its_event() -> None:
    """Cancel-all is by market, else by event, else everywhere."""
    assert parse.cancel_all_request(CancelAllBody(event_id=3, market_id=7), 1) == CancelAllRequest(
        1, 0, 7
    )
    assert parse.cancel_all_request(CancelAllBody(event_id=3), 1) == CancelAllRequest(1, 3, 0)
    assert parse.cancel_all_request(CancelAllBody(), 1) == CancelAllRequest(1, 0, 0)


def test_an_idempotency_key_has_a_form() -> None:
    """The header is 1 to 64 printable ASCII characters, or absent."""
    assert parse.check_idempotency_key("") is None
    assert parse.check_idempotency_key("a" * 64) is None
    for text in ("a" * 65, "é", "a\tb"):
        refused = parse.check_idempotency_key(text)
        assert refused is not None
        assert refused.reject is Reject.FIELD_INVALID
