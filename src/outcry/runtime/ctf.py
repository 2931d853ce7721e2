"""Ids of conditional tokens: what a condition, a collection and a token are called. Pure.

The rules are those of Gnosis ConditionalTokens (CTHelpers): a condition is the digest of who
reports it, of its question and of the number of its outcomes; the collection of some outcomes is a
point of the curve alt_bn128 (y² = x³ + 3), packed into one word; a token is the digest of
collateral and collection. Words are 32 bytes, big-endian; addresses ``0x`` and 40 digits.
"""

from typing import Final

from Crypto.Hash import keccak


#: The field of alt_bn128; a square root is a power, since it is 3 modulo 4.
_FIELD: Final = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
_CURVE_B: Final = 3
_ROOT: Final = (_FIELD + 1) // 4
#: Where the packed point says that y is odd.
_ODD_BIT: Final = 1 << 254

#: Index sets of the two outcomes.
INDEX_SETS: Final = (1, 2)
OUTCOMES_COUNT: Final = 2


def digest(*parts: bytes) -> bytes:
    """Return the keccak-256 of *parts* one after the other."""
    made = keccak.new(digest_bits=256)
    for part in parts:
        made.update(part)
    return made.digest()


def question_id(event: str, market: str) -> bytes:
    """Return the question of a market, which follows from the identifiers of event and market."""
    return digest(f"{event}\n{market}".encode())


def condition_id(oracle: str, question: bytes) -> bytes:
    """Return the condition of *question* with two outcomes, as *oracle* reports it."""
    return digest(_address(oracle), question, OUTCOMES_COUNT.to_bytes(32))


def collection_id(condition: bytes, index_set: int) -> bytes:
    """Return the collection of the outcomes in *index_set*, below no other collection."""
    seed = int.from_bytes(digest(condition, index_set.to_bytes(32)))
    odd = bool(seed >> 255)
    x = seed % _FIELD
    while True:
        x = (x + 1) % _FIELD
        square = (pow(x, 3, _FIELD) + _CURVE_B) % _FIELD
        y = pow(square, _ROOT, _FIELD)
        if y * y % _FIELD == square:
            break
    if odd != bool(y % 2):
        y = _FIELD - y
    return (x ^ _ODD_BIT if y % 2 else x).to_bytes(32)


def token_id(collateral: str, collection: bytes) -> int:
    """Return the token of *collection* backed by *collateral*."""
    return int.from_bytes(digest(_address(collateral), collection))


def tokens_of(collateral: str, condition: bytes) -> tuple[str, str]:
    """Return the token ids of YES and NO, in decimals."""
    yes, no = (token_id(collateral, collection_id(condition, index)) for index in INDEX_SETS)
    return str(yes), str(no)


def _address(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
