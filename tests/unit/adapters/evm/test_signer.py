"""Signer and interface: what they say is what another implementation says."""

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from outcry.adapters.evm.abi import address_of, address_text
from outcry.adapters.evm.signer import Signer, Transaction, contract_address


KEYS = st.integers(min_value=1, max_value=2**252).map(lambda n: n.to_bytes(32, "big"))
TRANSACTIONS = st.builds(
    Transaction,
    chain_id=st.integers(1, 2**40),
    nonce=st.integers(0, 2**32),
    to=st.none() | st.binary(min_size=20, max_size=20),
    data=st.binary(max_size=300),
    gas=st.integers(21_000, 2**25),
    max_fee=st.integers(0, 2**50),
    tip=st.none() | st.integers(0, 2**40),
    value=st.integers(0, 2**90),
)


def fields(tx: Transaction) -> dict[str, object]:
    """Return *tx* in the words of eth-account."""
    said: dict[str, object] = {
        "chainId": tx.chain_id,
        "nonce": tx.nonce,
        "data": tx.data,
        "gas": tx.gas,
        "value": tx.value,
    }
    if tx.to is not None:
        said["to"] = address_text(tx.to)
    if tx.tip is None:
        return said | {"gasPrice": tx.max_fee}
    return said | {"type": 2, "maxFeePerGas": tx.max_fee, "maxPriorityFeePerGas": tx.tip}


@given(KEYS, TRANSACTIONS)
def test_bytes_of_transactions(key: bytes, tx: Transaction) -> None:
    """Address, raw bytes and hash of any transaction are those of eth-account."""
    account = Account.from_key(key)
    signed = account.sign_transaction(fields(tx))
    ours = Signer(key)
    assert address_text(ours.address) == account.address
    assert ours.sign(tx) == (bytes(signed.raw_transaction), bytes(signed.hash))


def test_digest_signature() -> None:
    """A digest's signature is the one of eth-account, with v 27 or 28."""
    digest = bytes(range(32))
    wanted = Account.unsafe_sign_hash(digest, b"\5" * 32).signature
    assert Signer(b"\5" * 32).digest_signature(digest) == bytes(wanted)


def test_contract_addresses() -> None:
    """A contract's address follows from its creator and the nonce; the pair is a known one."""
    creator = address_of("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")
    assert contract_address(creator, 0).hex() == "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"


@pytest.mark.parametrize("size", [0, 31, 33])
def test_keys_of_wrong_length(size: int) -> None:
    """Bytes that are no key are refused with their number."""
    with pytest.raises(ValueError, match=f"not {size}"):
        Signer(b"\1" * size)
