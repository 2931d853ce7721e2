"""Carrying out a call: what is sent again, what is not, and which exception says so."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from msgspec import json

from outcry_sdk import (
    CapacityError,
    LifecycleError,
    OutcomeUnknownError,
    ProtocolError,
    Retries,
    TermsError,
    UnreachableError,
)
from outcry_sdk.amounts import text_of
from outcry_sdk.calls import market, operating, trading
from outcry_sdk.calls.call import Call
from outcry_sdk.core import Answer, Lost, Pause, conversation


DONE = Answer(200, b'{"code": 0, "msg": "success", "data": {"n": 5, "repeated": false}}')
BUSY = Answer(503, b'{"code": 2997, "msg": "Busy.", "data": {"reject": 701, "name": "BUSY"}}')
GATEWAY = Answer(502, b"<html>bad gateway</html>")


def refused(reject: int, name: str, **more: Any) -> Answer:
    """Return a refusal of the exchange."""
    data = {"reject": reject, "name": name, **more}
    return Answer(422, json.encode({"code": 2003, "msg": "A sentence.", "data": data}))


def carry_out(call: Call[Any], replies: Sequence[Answer | Lost]) -> tuple[Any, int]:
    """Return the result of *call* that is given *replies*, and how many it needed."""
    talk = conversation(call, Retries(attempts_max=3))
    step, sent = next(talk), 0
    while True:
        reply = None
        if not isinstance(step, Pause):
            reply, sent = replies[sent], sent + 1
        try:
            step = talk.send(reply)
        except StopIteration as end:
            return end.value, sent


def order() -> Call[Any]:
    """Return an order without an id of its own."""
    return trading.place_order(1, 1, "11", "buy", price=Decimal("0.60"), quantity=10)


@pytest.mark.parametrize("trouble", [BUSY, GATEWAY, Lost("reset", left=True)])
def test_what_may_be_repeated_is_repeated(trouble: Answer | Lost) -> None:
    """A deposit, which happens once for each tx_hash, is sent again until it is answered."""
    result, sent = carry_out(operating.deposit(1, "5", "0x1"), [trouble, trouble, DONE])
    assert (result.n, sent) == (5, 3)


def test_a_request_of_unknown_fate_is_not_repeated_blindly() -> None:
    """New fees are not sent twice when the first may have arrived, but are when it never left."""
    fees = operating.set_fees("flat", taker_bps=10)
    with pytest.raises(OutcomeUnknownError, match="may have been carried out"):
        carry_out(fees, [Lost("reset", left=True)])
    with pytest.raises(ProtocolError):
        carry_out(fees, [GATEWAY])
    made = Answer(200, b'{"code": 0, "msg": "success", "data": {"fee_version": 1, "n": 5}}')
    assert carry_out(fees, [Lost("refused", left=False), BUSY, made])[1] == 3


def test_trying_is_bounded() -> None:
    """After the last attempt the failure is raised: of the exchange, or of the way to it."""
    with pytest.raises(CapacityError):
        carry_out(order(), [BUSY] * 3)
    with pytest.raises(UnreachableError):
        carry_out(market.topics(), [Lost("refused", left=False)] * 3)


def test_a_refusal_is_a_typed_exception() -> None:
    """Number, name, got and expected are on the exception, whose type is the hundred's."""
    answer = refused(405, "PRICE_OFF_GRID", got="0.5550", expected="a multiple of 0.0100")
    with pytest.raises(TermsError) as caught:
        carry_out(order(), [answer])
    error = caught.value
    assert (error.reject, error.name, error.code) == (405, "PRICE_OFF_GRID", 2003)
    assert (error.got, error.expected) == ("0.5550", "a multiple of 0.0100")
    with pytest.raises(LifecycleError):
        carry_out(order(), [refused(601, "MARKET_NOT_OPEN")])


def test_an_order_always_has_an_id_to_be_repeated_by() -> None:
    """Without a client_order_id one is made, and every repeat of the call carries the same."""
    first, second = json.decode(order().body or b""), json.decode(order().body or b"")
    assert first["client_order_id"]
    assert first["client_order_id"] != second["client_order_id"]
    assert (first["price"], first["quantity"]) == ("0.60", "10")


def test_amounts_are_never_floats() -> None:
    """A float is refused before anything is sent; decimals are written without an exponent."""
    with pytest.raises(TypeError):
        trading.place_order(1, 1, "11", "buy", price=0.6, quantity=1)  # type: ignore[arg-type]
    assert text_of(Decimal("1E+3")) == "1000"
