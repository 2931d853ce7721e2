"""What makers revoke on the contract, as the ledger hears of it."""

from eth_abi.abi import encode

from outcry.adapters.evm.escrow_calls import happening_of
from outcry.adapters.evm.matching import SETTLEMENT
from outcry.messages.happenings import Happened, Happening


ORDER, MAKER = b"\xab" * 32, b"\x07" * 20


def _said(name: str, *topics: bytes, numbers: int) -> Happening | None:
    data = encode(["uint256"] * numbers, [1] * numbers)
    event = SETTLEMENT.event([SETTLEMENT.topic(name), *topics], data)
    assert event is not None
    return happening_of(event, 5, 1, "0x1")


def test_a_revoked_order_is_named_by_its_hash() -> None:
    """The hash is what orders have as their client order id; the maker is the account's address."""
    said = _said("OrderRevoked", ORDER, MAKER.rjust(32, b"\0"), numbers=1)
    assert said == Happening(Happened.REVOKED, 5, 1, "0x1", f"0x{MAKER.hex()}", f"0x{ORDER.hex()}")


def test_a_raised_nonce_names_its_account_alone() -> None:
    """All orders of the first generation are meant, so no asset and no order is named."""
    said = _said("NonceRaised", MAKER.rjust(32, b"\0"), numbers=2)
    assert said == Happening(Happened.NONCE_RAISED, 5, 1, "0x1", f"0x{MAKER.hex()}", "")


def test_a_key_that_signs_no_more_names_its_account() -> None:
    """The event has a time then; a key that was named changes nothing of what is there."""
    topics = [MAKER.rjust(32, b"\0"), b"\x09".rjust(32, b"\0")]
    ended = _said("SignerSet", *topics, numbers=1)
    assert ended == Happening(Happened.KEY_ENDED, 5, 1, "0x1", f"0x{MAKER.hex()}", "")
    event = SETTLEMENT.event([SETTLEMENT.topic("SignerSet"), *topics], b"\xff" * 32)
    assert event is not None
    assert happening_of(event, 5, 1, "0x1") is None
