"""Whatever somebody sends as an order, it is an order or refused with a number; nothing breaks."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from outcry.domain.rejects import Rejected
from outcry.runtime.forms import read_body
from outcry.services.api.clob.order_forms import ORDER, OrderBody, terms_of
from outcry.services.api.clob.profiles import sandbox
from outcry.services.api.signatures import Terms, digest_of, signed_order, verify


NUMBERS = st.one_of(
    st.integers(-2, 2**70), st.integers(0, 10**78).map(str), st.text(max_size=4), st.none()
)
BYTES = st.one_of(
    st.sampled_from([20, 32, 65, 317, 320]).flatmap(
        lambda size: st.binary(min_size=size, max_size=size).map(lambda data: "0x" + data.hex())
    ),
    st.text(max_size=6),
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "salt": NUMBERS, "maker": BYTES, "signer": BYTES, "taker": BYTES, "tokenId": NUMBERS,
    "makerAmount": NUMBERS, "takerAmount": NUMBERS, "expiration": NUMBERS, "nonce": NUMBERS,
    "feeRateBps": NUMBERS, "timestamp": NUMBERS, "metadata": BYTES, "builder": BYTES,
    "side": st.sampled_from(["BUY", "SELL", "", 0]), "signatureType": st.integers(-1, 5),
    "signature": BYTES,
}  # fmt: skip
GOOD: dict[str, Any] = {
    "salt": 1, "maker": "0x" + "ab" * 20, "signer": "0x" + "ab" * 20, "tokenId": "7",
    "makerAmount": "5000000", "takerAmount": "10000000", "side": "BUY", "signatureType": 0,
    "signature": "0x" + "11" * 65, "timestamp": "1700000000000",
}  # fmt: skip


@given(st.fixed_dictionaries({}, optional=FIELDS), st.booleans())
def test_any_fields(fields: dict[str, Any], whole: bool) -> None:
    """Fields of any value, alone or on top of a good order."""
    order = GOOD | fields if whole else fields
    judge(json.dumps({"order": order, "owner": "x", "orderType": "GTC"}).encode())


@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    """Bytes that are no JSON, or no order."""
    judge(body)


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=20))
def test_any_json(body: Any) -> None:
    """JSON of any shape."""
    judge(json.dumps(body).encode())


def judge(body: bytes) -> None:
    """Read and verify; what is not signed by anybody is refused in the end."""
    form = read_body(ORDER, body)
    if isinstance(form, Rejected):
        return
    assert isinstance(form, OrderBody)
    terms = terms_of(form.order)
    if isinstance(terms, Rejected):
        return
    assert isinstance(terms, Terms)
    verdict = verify(terms, sandbox(), b"\xab" * 20, 1_700_000_000)
    assert isinstance(verdict, Rejected)
    digest = digest_of(terms, sandbox())
    assert digest is None or len(digest) == 32
    if digest is not None:
        assert len(signed_order(terms).salt) <= 32
