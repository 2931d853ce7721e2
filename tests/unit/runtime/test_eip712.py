"""EIP-712: digests and signers are those that a library of others finds."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.ethereum import Account, encode_typed_data

from outcry.runtime.eip712 import FIELDS, Domain, keccak256, order_digest, separator, signer_of


KEY = bytes(range(1, 33))
ADDRESS = bytes.fromhex(Account.from_key(KEY).address[2:])
CONTRACT = bytes.fromhex("4bfb41d5b3570defd03c39a9a4d8de6bd8b8982e")


def typed(domain: Domain, values: dict[str, Any]) -> Any:
    """Return the order as the other library wants it."""
    fields = [field.split() for field in FIELDS[domain.version]]
    return encode_typed_data(
        full_message={
            "types": {
                "EIP712Domain": [
                    {"name": "name", "type": "string"},
                    {"name": "version", "type": "string"},
                    {"name": "chainId", "type": "uint256"},
                    {"name": "verifyingContract", "type": "address"},
                ],
                "Order": [{"name": name, "type": kind} for kind, name in fields],
            },
            "primaryType": "Order",
            "domain": {
                "name": domain.name,
                "version": domain.version,
                "chainId": domain.chain_id,
                "verifyingContract": "0x" + domain.contract.hex(),
            },
            "message": values,
        }
    )


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "uint256": st.integers(0, 2**256 - 1),
    "uint8": st.integers(0, 255),
    "address": st.binary(min_size=20, max_size=20),
    "bytes32": st.binary(min_size=32, max_size=32),
}


@pytest.mark.parametrize("version", ["1", "2"])
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_digest_and_signer_agree_with_another_library(version: str, data: st.DataObject) -> None:
    """For any order of either generation, and any chain."""
    kinds = [field.split()[0] for field in FIELDS[version]]
    values = tuple(data.draw(VALUES[kind]) for kind in kinds)
    domain = Domain("Any Exchange", version, data.draw(st.integers(1, 2**53)), CONTRACT)
    shown = {
        field.split()[1]: "0x" + value.hex() if field.startswith("address") else value
        for field, value in zip(FIELDS[version], values, strict=True)
    }
    signed = Account.sign_message(typed(domain, shown), KEY)

    digest = order_digest(separator(domain), version, values)

    assert digest == bytes(signed.message_hash)
    assert signer_of(digest, bytes(signed.signature)) == ADDRESS


def test_what_is_no_signature_has_no_signer() -> None:
    """Wrong lengths, recovery numbers and points are nobody's, never an exception."""
    digest = keccak256(b"anything")
    good = bytes(Account.unsafe_sign_hash(digest, KEY).signature)
    assert signer_of(digest, good) == ADDRESS
    assert signer_of(digest, good[:-1] + bytes([good[-1] - 27])) == ADDRESS
    assert signer_of(keccak256(b"else"), good) != ADDRESS
    for bad in (
        b"",
        good[:-1],
        good + b"\0",
        good[:-1] + b"\x1d",
        b"\xff" * 64 + b"\x1b",
        bytes(65),
    ):
        assert signer_of(digest, bad) is None
