"""Whatever a client sends, an order is either well formed within 63 bits or declined by number."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import json
from tests.unit.services.api.test_parse import LIMIT, MARKET, parsed

from outcry.domain.rejects import Rejected
from outcry.messages.requests import PlaceRequest, encode
from outcry.services.api import parse


#: A busy machine draws slowly; that says nothing about the code.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

TEXT = st.one_of(
    st.text(max_size=30),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.integers().map(str),
    st.sampled_from(["buy", "sell", "limit", "market", "GTC", "GTD", "FOK", "111", "222", ""]),
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
    st.lists(TEXT, max_size=2),
)
FIELDS = st.sampled_from(
    [
        *LIMIT,
        "tokenId",
        "volume",
        "time_in_force",
        "post_only",
        "client_order_id",
        "self_trade_prevention",
        "expiration",
        "wait",
        "signature",
        "nonsense",
    ]
)


@PATIENT
@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    """No bytes make the door fail; what is not an order is a reject."""
    form = parse.read_place(body, unsigned_orders=True)

    assert isinstance(form, Rejected)


@PATIENT
@given(st.dictionaries(FIELDS, VALUES, max_size=6))
def test_any_change_of_a_good_order(changes: dict[str, object]) -> None:
    """Any values in any fields give a request that fits the ledger's integers, or a reject."""
    request = parsed(json.encode({**LIMIT, **changes}))

    if isinstance(request, PlaceRequest):
        assert encode(request)
        assert request.market_id == MARKET.market_id
        assert (request.qty > 0) != (request.budget > 0)
        assert 0 <= request.price < 10_000
        for number in (request.qty, request.budget, request.expire_at_us):
            assert 0 <= number < 2**62
