"""EIP-712: the digest of a signed order, and whose signature it bears. Pure.

Two generations of orders: the first has expiration, nonce and fee rate, the second a timestamp and
two words for others. Which contract a signature is for is part of its domain, which the operator
chooses. Source: EIP-712 and EIP-191; the order types are those of conditional-token exchanges.
"""

from typing import Final, NamedTuple

from coincurve import PublicKey
from Crypto.Hash import keccak


#: Fields of an order in the order in which they are signed, by generation.
FIELDS: Final = {
    "1": (
        "uint256 salt",
        "address maker",
        "address signer",
        "address taker",
        "uint256 tokenId",
        "uint256 makerAmount",
        "uint256 takerAmount",
        "uint256 expiration",
        "uint256 nonce",
        "uint256 feeRateBps",
        "uint8 side",
        "uint8 signatureType",
    ),
    "2": (
        "uint256 salt",
        "address maker",
        "address signer",
        "uint256 tokenId",
        "uint256 makerAmount",
        "uint256 takerAmount",
        "uint8 side",
        "uint8 signatureType",
        "uint256 timestamp",
        "bytes32 metadata",
        "bytes32 builder",
    ),
}
SIGNATURE_BYTES: Final = 65
ADDRESS_BYTES: Final = 20
_WORD: Final = 32
_DOMAIN_TYPE: Final = (
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)


class Domain(NamedTuple):
    """What a signature is for: a contract on a chain."""

    name: str
    version: str
    chain_id: int
    #: 20 bytes.
    contract: bytes


def keccak256(data: bytes) -> bytes:
    """Return the Keccak-256 digest, which is not SHA3-256."""
    return keccak.new(digest_bits=256, data=data).digest()


def separator(domain: Domain) -> bytes:
    """Return the domain separator."""
    return keccak256(
        keccak256(_DOMAIN_TYPE)
        + keccak256(domain.name.encode())
        + keccak256(domain.version.encode())
        + domain.chain_id.to_bytes(_WORD, "big")
        + domain.contract.rjust(_WORD, b"\0")
    )


_TYPE_HASHES: Final = {
    version: keccak256(f"Order({','.join(fields)})".encode()) for version, fields in FIELDS.items()
}


def struct_hash(version: str, values: tuple[int | bytes, ...]) -> bytes:
    """Return the hash of an order; *values* in the order of `FIELDS`, bytes as they are."""
    words = [
        value.rjust(_WORD, b"\0") if isinstance(value, bytes) else value.to_bytes(_WORD, "big")
        for value in values
    ]
    assert len(words) == len(FIELDS[version]), "one value for each field"
    return keccak256(_TYPE_HASHES[version] + b"".join(words))


def digest_within(domain_separator: bytes, hashed: bytes) -> bytes:
    """Return what is signed of something *hashed*, for a domain."""
    return keccak256(b"\x19\x01" + domain_separator + hashed)


def order_digest(domain_separator: bytes, version: str, values: tuple[int | bytes, ...]) -> bytes:
    """Return what is signed of an order; *values* as in `struct_hash`."""
    return digest_within(domain_separator, struct_hash(version, values))


def signer_of(digest: bytes, signature: bytes) -> bytes | None:
    """Return the address whose signature of *digest* this is; None when it is nobody's."""
    if len(signature) != SIGNATURE_BYTES:
        return None
    recovery = signature[-1] - 27 if signature[-1] >= 27 else signature[-1]  # noqa: PLR2004 - EIP-191
    if recovery not in (0, 1):
        return None
    try:
        key = PublicKey.from_signature_and_message(
            signature[:-1] + bytes([recovery]), digest, hasher=None
        )
    except ValueError:
        return None
    return keccak256(key.format(compressed=False)[1:])[-ADDRESS_BYTES:]
