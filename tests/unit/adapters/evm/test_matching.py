"""A match as a call and back, why calls fail, what is offered, and what raw bytes say."""

import pytest
from eth_abi.abi import decode, encode
from hypothesis import given
from hypothesis import strategies as st

from outcry.adapters.evm.artefacts import artefact
from outcry.adapters.evm.failures import LEG_REASONS, failure_of
from outcry.adapters.evm.gas import GWEI, gas_limit, offer, replacement
from outcry.adapters.evm.match_call import call_bytes
from outcry.adapters.evm.matching import (
    MatchCall,
    MatchSize,
    content_of,
    match_data,
    match_size,
    number_on_chain,
    read_match,
)
from outcry.adapters.evm.signer import Signer, Transaction
from outcry.adapters.evm.wire import Fields, read_transaction
from outcry.domain.errors import CorruptError
from outcry.domain.signed_order import SignedOrder
from outcry.messages.settlements import SettlementFill, SettlementParty, SettlementRequest
from outcry.ports.chain import NOBODY, SETTLED, Failure, Price, Unsettleable
from outcry.runtime.eip712 import keccak256


ORDER = "(uint8,uint8,uint8,uint256,address,address,uint256,uint256,uint256,uint256[4],bytes)"


def signed(salt: int, signature_type: int = 0) -> SignedOrder:
    """Return an order that nobody checks."""
    who = bytes([salt]) * 20
    return SignedOrder(
        2, bytes([salt]), who, who, b"\x09", 6_000, 10_000, 0, signature_type, (b"\x01", b"", b""),
        bytes(65),
    )  # fmt: skip


def request(fills: int, *, unsigned: int = -1, wallets: int = 0) -> SettlementRequest:
    """Return a mint with so many makers, of which one may have signed nothing."""
    taker = SettlementParty(1, 1_000, 1, 0, 7, signed(1))
    makers = [
        SettlementParty(
            2 + n, 1_001, 0, 0, -2, None if n == unsigned else signed(2 + n, 3 * (n < wallets))
        )
        for n in range(fills)
    ]
    return SettlementRequest(
        5 << 48 | 3,
        1,
        [SettlementFill(n, 1, 6_000, 10, taker, one) for n, one in enumerate(makers)],
    )


@pytest.mark.parametrize("fills", [(0,), (1, 3), (20, 24), tuple(range(20))])
def test_a_call_says_what_it_settles(fills: tuple[int, ...]) -> None:
    """Trade, part and fills are read from the bytes alone, whichever were left out."""
    data = match_data(request(25), fills)
    assert read_match(data) == MatchCall(5 << 48 | 3, fills, content_of(data))


def test_a_call_carries_amounts_and_fees_of_each_maker() -> None:
    """Quantity in token units, the maker's own collateral, and the fees of the match."""
    data = match_data(request(2), (1,))
    kinds = ["uint256", ORDER, f"{ORDER}[]", "(uint256,uint256,int256,int256)[]"]
    number, _, makers, fills = decode(kinds, data[4:-4])
    assert number == number_on_chain(5 << 48 | 3, 1) == (5 << 48 | 3) << 8
    assert [maker[3] for maker in makers] == [3]
    assert fills == ((100_000, 60_000, 7, -2),)


WORDS = st.binary(max_size=32)
UNITS = st.integers(0, 2**64 - 1)
FEES = st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1)
ORDERS = st.builds(
    SignedOrder, st.sampled_from([1, 2]), WORDS, *2 * [st.binary(min_size=20, max_size=20)],
    WORDS, UNITS, UNITS, st.integers(0, 1), st.integers(0, 3),
    st.lists(WORDS, max_size=4).map(tuple), st.binary(max_size=320),
)  # fmt: skip
LEGS = st.lists(st.tuples(ORDERS, st.tuples(UNITS, UNITS, FEES, FEES)), min_size=1, max_size=20)


def as_values(order: SignedOrder) -> tuple[object, ...]:
    """Return an order as general ABI encoding takes it."""
    extra = [int.from_bytes(word) for word in order.extra] + [0] * (4 - len(order.extra))
    who = ("0x" + order.maker.hex(), "0x" + order.signer.hex())
    head = (order.version, order.side, order.signature_type, int.from_bytes(order.salt), *who)
    amounts = (int.from_bytes(order.token_id), order.maker_amount, order.taker_amount)
    return (*head, *amounts, extra, order.signature)


@given(st.integers(0, 2**128), ORDERS, LEGS)
def test_a_call_is_what_the_interface_of_the_contract_says(
    number: int, taker: SignedOrder, legs: list[tuple[SignedOrder, tuple[int, int, int, int]]]
) -> None:
    """Bytes of our own encoding are those that the contract's ABI prescribes, whatever is in it."""
    makers, amounts = [maker for maker, _ in legs], [fill for _, fill in legs]
    values = (number, as_values(taker), [as_values(one) for one in makers], amounts)
    expected = artefact("settlement").interface.call("matchOrders", *values)
    assert call_bytes(number, taker, makers, amounts) == expected


def test_other_calls_are_none_of_ours() -> None:
    """Another function, a call without its mark, or nothing at all."""
    data = match_data(request(1), (0,))
    for other in (b"", data[:3], data[:-4], b"\0" * 4 + data[4:], data[:-4] + bytes(4)):
        assert read_match(other) is None


def test_what_was_not_signed_cannot_be_settled() -> None:
    """The leg is named: the maker's place among the chosen fills."""
    with pytest.raises(Unsettleable) as caught:
        match_data(request(3, unsigned=2), (1, 2))
    assert caught.value.failure.leg == 2


def test_gas_follows_from_the_size() -> None:
    """More for each maker, and for complete sets; wallets that are contracts are not asked."""
    assert match_size(request(3, wallets=2), (0, 1, 2)) == MatchSize(3, pairs=True)
    sizes = [(1, False), (1, True), (2, True), (20, True)]
    limits = [gas_limit(MatchSize(*size)) for size in sizes]
    assert limits == sorted(set(limits))
    assert limits[0] > 162_000
    assert limits[-1] < 30_000_000


def revert(name: str, *values: int) -> bytes:
    """Return what a call reverts with."""
    kinds = ["uint256"] * len(values)
    return keccak256(f"{name}({','.join(kinds)})".encode())[:4] + encode(kinds, values)


def test_every_reason_has_a_sentence() -> None:
    """Legs by number; what is settled already; what nobody is to blame for; anything else."""
    for why, sentence in LEG_REASONS.items():
        assert failure_of(revert("LegFailed", 2, why)) == Failure(2, sentence)
    assert "99" in failure_of(revert("LegFailed", 0, 99)).reason
    assert failure_of(revert("Refused", 5)) == Failure(0, SETTLED)
    for why in (1, 3, 4):
        assert failure_of(revert("Refused", why)).leg == NOBODY
    assert failure_of(revert("Refused", 6)).leg == 0
    assert failure_of(b"").reason
    assert "17" in failure_of(revert("Panic", 17)).reason
    text = keccak256(b"Error(string)")[:4] + encode(["string"], ["so it is"])
    assert "so it is" in failure_of(text).reason
    assert "deadbeef" in failure_of(bytes.fromhex("deadbeef")).reason


def test_offers_hold_for_a_while_and_never_pass_the_ceiling() -> None:
    """Twice what blocks ask and the tip; a replacement is an eighth more or none at all."""
    assert offer(10 * GWEI, GWEI, 500 * GWEI) == Price(21 * GWEI, GWEI)
    assert offer(10 * GWEI, GWEI, 5 * GWEI) == Price(5 * GWEI, GWEI)
    before = Price(8 * GWEI, GWEI)
    for now in (Price(1, 1), Price(100 * GWEI, 2 * GWEI)):
        more = replacement(now, before, 500 * GWEI)
        assert more.max_fee * 10 >= before.max_fee * 11
        assert more.tip * 10 >= before.tip * 11
        assert more.max_fee >= now.max_fee
    assert replacement(Price(1, 1), before, 8 * GWEI) == before


def test_a_signed_transaction_says_what_it_calls() -> None:
    """To, data and gas come back from the bytes; other bytes are refused."""
    key = Signer(b"\x01" * 32)
    for size in (0, 1, 55, 56, 300, 70_000):
        data = bytes(range(256)) * (size // 256 + 1)
        sent = Transaction(1, 3, b"\x05" * 20, data[:size], 90_000, 7, 2)
        assert read_transaction(key.sign(sent).raw) == Fields(b"\x05" * 20, data[:size], 90_000)
    legacy = key.sign(Transaction(1, 3, b"\x05" * 20, b"", 90_000, 7)).raw
    for raw in (b"", legacy, b"\x02\xc0"):
        with pytest.raises(CorruptError):
            read_transaction(raw)
