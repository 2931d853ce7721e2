"""The numbers with which the settlement contract declines, and a check for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import pytest
from tests.contracts.world import Refused


class Why(IntEnum):
    """Second number of LegFailed(leg, why)."""

    SHAPE = 1
    SIGNATURE = 2
    EXPIRED = 3
    NONCE = 4
    LIMIT = 5
    OVERFILLED = 6
    FEE = 7
    TOKEN = 8
    NO_CASH = 9
    NO_TOKENS = 10
    NOT_FOR_US = 11
    TAKER_LIMIT = 13
    REVOKED = 14


class Refusal(IntEnum):
    """Number of Refused(why)."""

    NOT_OPERATOR = 1
    NOT_OWNER = 2
    PAUSED = 3
    OTHER_CHAIN = 4
    DONE_ALREADY = 5
    FILL_COUNT = 6
    NOT_YOURS = 7
    NOBODY = 8
    AMOUNT = 9
    NOT_ENOUGH = 10
    NOT_WHAT_WAS_SENT = 11
    UNKNOWN = 12
    RESOLVED = 13
    NOT_RESOLVED = 14
    NOTHING = 15
    TOO_EARLY = 16
    STRAY = 17


@contextmanager
def leg_fails(leg: int, why: Why) -> Iterator[None]:
    """Expect that a settlement fails at *leg* for this reason."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.reverted == ("LegFailed", (leg, why))


@contextmanager
def refuses(why: Refusal) -> Iterator[None]:
    """Expect that a call is refused for this reason."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.reverted == ("Refused", (why,))


@contextmanager
def reverts() -> Iterator[None]:
    """Expect that a call fails in a contract that is not ours, for a reason of its own."""
    with pytest.raises(Refused):
        yield
