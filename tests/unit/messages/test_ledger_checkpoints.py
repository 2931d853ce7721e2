"""Checkpoints of the ledger: everything it knows, or nothing."""

from collections import deque
from enum import Enum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from msgspec import Struct

from outcry.domain.errors import CorruptError
from outcry.domain.ledger.state import Ledger, Market
from outcry.domain.order import Order
from outcry.messages.ledger_checkpoints import (
    FIELDS,
    SCHEMA,
    pack_checkpoint,
    state_hash,
    unpack_checkpoint,
)


def sample(hint: Any, salt: int = 7) -> Any:
    """Return a value of type *hint* that no field has by default."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is dict:
        return {sample(inner[0], salt): sample(inner[1], salt)}
    if origin in (list, deque):
        return origin([sample(inner[0], salt), sample(inner[0], salt + 1)])
    if origin is tuple:
        many = inner[:1] if Ellipsis in inner else inner
        return tuple(sample(one, salt + place) for place, one in enumerate(many))
    if origin is UnionType:
        return sample(next(one for one in inner if one is not NoneType), salt)
    if hint in (int, str, bytes):
        return (
            hint(salt)
            if hint is int
            else hint(b"%d" % salt, "ascii")
            if hint is str
            else b"%d" % salt
        )
    if hint is bool:
        return True
    if issubclass(hint, Enum):
        return list(hint)[-1]
    assert issubclass(hint, Struct | tuple), f"how is a {hint} made?"
    fields = {
        name: sample(one, salt)
        for name, one in get_type_hints(hint).items()
        if (hint, name) != (Market, "orders")
    }
    return hint(**fields)


def full() -> Ledger:
    """Return a ledger of which no field, nor any field inside one, is as it was at first."""
    ledger = Ledger(**{name: sample(hint) for name, hint in get_type_hints(Ledger).items()})
    for order_id, order in ledger.orders.items():
        ledger.markets[order.market_id].orders[order_id] = order
    return ledger


def test_every_field_comes_back() -> None:
    """Whatever fields the state has, all of them and all inside them are in a checkpoint."""
    ledger = full()

    found, mark, annex = unpack_checkpoint(pack_checkpoint(ledger, b"mark", b"annex"))

    assert found == ledger
    assert (mark, annex) == (b"mark", b"annex")
    for name in FIELDS:
        assert type(getattr(found, name)) is type(getattr(ledger, name))


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_counts(name: str) -> None:
    """Ledgers that differ in one field have different digests."""
    ledger = Ledger()
    setattr(ledger, name, getattr(full(), name))

    assert state_hash(ledger) != state_hash(Ledger())


def test_an_order_is_one_and_the_same_in_its_market() -> None:
    """What happens to a restored order is seen in its market: it is there only once."""
    ledger = unpack_checkpoint(pack_checkpoint(full()))[0]
    order: Order = next(iter(ledger.orders.values()))

    assert ledger.markets[order.market_id].orders[order.order_id] is order


def test_one_of_code_with_other_fields_is_refused() -> None:
    """A checkpoint says what it is made of, and is not guessed at when that is something else."""
    body = pack_checkpoint(full())

    with pytest.raises(CorruptError, match="other fields"):
        unpack_checkpoint(bytes(len(SCHEMA)) + body[len(SCHEMA) :])


def test_what_is_cut_short_or_altered_is_refused() -> None:
    """No beginning of a checkpoint is one, nor is one with a part of another kind."""
    body = pack_checkpoint(full(), b"mark", b"annex")
    for end in range(len(body)):
        with pytest.raises(CorruptError):
            unpack_checkpoint(body[:end])

    first = len(SCHEMA) + 8
    with pytest.raises(CorruptError, match="does not decode"):
        unpack_checkpoint(body[:first] + b"\xa0" + body[first + 1 :])
