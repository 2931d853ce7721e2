"""Transactions: their bytes, signed with a key. Pure.

The same transaction and key give the same bytes, so a hash is known before anything is sent.
Source: EIP-155 (legacy transactions), EIP-1559 and EIP-2718 (type 2), the RLP of Ethereum.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from coincurve import PrivateKey

from outcry.runtime.eip712 import ADDRESS_BYTES, keccak256


KEY_BYTES: Final = 32
_SHORT_MAX: Final = 55
_SINGLE_BYTE_MAX: Final = 0x7F
_TEXT, _LIST = 0x80, 0xC0
_TYPE_2: Final = b"\x02"

Rlp = bytes | int | Sequence["Rlp"]


class Transaction(NamedTuple):
    """What a key signs. Prices and value are in wei, gas in gas."""

    chain_id: int
    nonce: int
    #: None: `data` creates a contract.
    to: bytes | None
    data: bytes
    gas: int
    #: Most that a unit of gas may cost. Of a legacy transaction: what it costs.
    max_fee: int
    #: Of it, what is for who makes the block; None: a legacy transaction.
    tip: int | None = None
    value: int = 0


class SignedTransaction(NamedTuple):
    """A transaction as it is sent, and its name."""

    raw: bytes
    #: 32 bytes.
    tx_hash: bytes


def rlp(item: Rlp) -> bytes:
    """Return *item* in RLP; numbers are big-endian without leading zeros."""
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] <= _SINGLE_BYTE_MAX:
            return item
        return _headed(_TEXT, item)
    return _headed(_LIST, _joined(*item))


def _joined(*items: Rlp) -> bytes:
    """Return what a list of *items* holds: its bytes without their head."""
    return b"".join(map(rlp, items))


def _headed(kind: int, content: bytes) -> bytes:
    size = len(content)
    if size <= _SHORT_MAX:
        return bytes([kind + size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([kind + _SHORT_MAX + len(length)]) + length + content


class Signer:
    """A key of 32 bytes; raises ValueError for bytes that are no key."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
        self._key = PrivateKey(key)
        #: The 20 bytes that the key is known by.
        self.address = keccak256(self._key.public_key.format(compressed=False)[1:])[-ADDRESS_BYTES:]

    def __repr__(self) -> str:
        return f"Signer(0x{self.address.hex()})"

    def digest_signature(self, digest: bytes) -> bytes:
        """Return the 65 bytes r, s, v of a signature of *digest*; v is 27 or 28."""
        signature = self._key.sign_recoverable(digest, hasher=None)
        return signature[:-1] + bytes([27 + signature[-1]])

    def sign(self, transaction: Transaction) -> SignedTransaction:
        """Return *transaction* as it is sent."""
        raw = (
            self._legacy(transaction)
            if transaction.tip is None
            else self._type_2(transaction, transaction.tip)
        )
        return SignedTransaction(raw, keccak256(raw))

    def _legacy(self, tx: Transaction) -> bytes:
        fields = _joined(tx.nonce, tx.max_fee, tx.gas, tx.to or b"", tx.value, tx.data)
        r, s, recovery = self._signed(_headed(_LIST, fields + _joined(tx.chain_id, 0, 0)))
        return _headed(_LIST, fields + _joined(2 * tx.chain_id + 35 + recovery, r, s))

    def _type_2(self, tx: Transaction, tip: int) -> bytes:
        head = (tx.chain_id, tx.nonce, tip, tx.max_fee, tx.gas)
        fields = _joined(*head, tx.to or b"", tx.value, tx.data, ())
        r, s, recovery = self._signed(_TYPE_2 + _headed(_LIST, fields))
        return _TYPE_2 + _headed(_LIST, fields + _joined(recovery, r, s))

    def _signed(self, content: bytes) -> tuple[int, int, int]:
        signature = self._key.sign_recoverable(keccak256(content), hasher=None)
        return (
            int.from_bytes(signature[:32], "big"),
            int.from_bytes(signature[32:64], "big"),
            signature[64],
        )


def contract_address(creator: bytes, nonce: int) -> bytes:
    """Return where the contract stands that *creator*'s transaction *nonce* creates."""
    return keccak256(rlp([creator, nonce]))[-ADDRESS_BYTES:]
