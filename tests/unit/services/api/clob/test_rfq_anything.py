"""Whatever somebody sends about requests for quotes, it is taken or refused with a number."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.json import Decoder
from tests.support.rows import market_row

from outcry.domain.rejects import Rejected
from outcry.runtime.clob_identity import Holder
from outcry.runtime.forms import read_body
from outcry.runtime.identity import Principal
from outcry.services.api.clob.rfq.deals import Leg, crossing_problem
from outcry.services.api.clob.rfq.desk import Desk
from outcry.services.api.clob.rfq.forms import (
    ANSWER,
    CANCEL_QUOTE,
    CANCEL_REQUEST,
    QUOTE,
    REQUEST,
    RequestBody,
    leg_of,
    read_list,
    token_of,
)
from outcry.services.api.clob.rfq.views import ListPage, requests_page
from outcry_wire.records import Side


MARKET = market_row(1)
NUMBERS = st.one_of(
    st.integers(-2, 2**70), st.integers(0, 10**78).map(str), st.integers(0, 10**8).map(str),
    st.text(max_size=4), st.none(),
)  # fmt: skip
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "assetIn": NUMBERS | st.sampled_from(["0", "7"]), "amountIn": NUMBERS,
    "assetOut": NUMBERS | st.sampled_from(["0", "7"]), "amountOut": NUMBERS,
    "userType": st.integers(-1, 5), "requestId": st.text(max_size=90),
}  # fmt: skip
GOOD = {"assetIn": "7", "assetOut": "0", "amountIn": "40000000", "amountOut": "20000000"}
NAMES = st.sampled_from([
    "offset", "limit", "state", "quoteIds", "requestIds", "markets", "sizeMin", "sizeMax",
    "sizeUsdcMin", "sizeUsdcMax", "priceMin", "priceMax", "sortBy", "sortDir", "other",
])  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(["active", "price", "desc", "MA==", "LTE=", "nan", "inf", "-1", "1e300", "5"]),
    st.text(max_size=8),
)


@given(st.fixed_dictionaries({}, optional=FIELDS), st.booleans(), st.integers(0, 1))
def test_any_fields(fields: dict[str, Any], whole: bool, outcome: int) -> None:
    """Fields of any value, alone or on top of a good request: what is taken can be carried out."""
    body = json.dumps(GOOD | {"requestId": "1"} | fields if whole else fields).encode()
    decoders: list[Decoder[Any]] = [REQUEST, QUOTE]
    for decoder in decoders:
        form: RequestBody | Rejected = read_body(decoder, body)
        if isinstance(form, Rejected):
            continue
        if isinstance(token_of(form), Rejected):
            continue
        leg = leg_of(form, (MARKET, outcome))
        if isinstance(leg, Rejected):
            assert len(leg.got) <= 80
            continue
        assert MARKET.price_min <= leg.price <= MARKET.price_max
        assert MARKET.qty_min <= leg.qty <= MARKET.qty_max
        assert crossing_problem(leg, leg) is not None


@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    """Bytes that are no JSON, or no form."""
    decoders: list[Decoder[Any]] = [REQUEST, QUOTE, ANSWER, CANCEL_REQUEST, CANCEL_QUOTE]
    for decoder in decoders:
        read: Any = read_body(decoder, body)
        assert isinstance(read, Rejected | decoder.type)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_any_query(items: list[tuple[str, str]]) -> None:
    """Parameters of a list with any values give a page or a reject."""
    form = read_list(items)
    if isinstance(form, Rejected):
        return
    desk = Desk(lambda: 1_000_000.0)
    who = Holder(Principal(1, 1, "u", frozenset()), "0x" + "1" * 40, "", "")
    for qty in (100, 200):
        desk.request(who, Leg(MARKET, 0, Side.BUY, 5_000, qty))
    page = requests_page(desk.shown_to(who), form, who)
    assert isinstance(page, Rejected) or page.count == len(page.data) <= page.total_count <= 2
    assert isinstance(page, Rejected | ListPage)
