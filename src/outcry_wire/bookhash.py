"""The state hash of a book: equal for equal logical content, however it is stored.

Orders are folded bids first, from the best price to the worst, then asks likewise, and in time
priority within a price. Slots, pools and free lists never enter it, so a kernel, a reference book
and a ledger that hold the same orders agree on it (design rule: a hash is over logical content).
"""

from collections.abc import Iterable
from typing import Final


MASK: Final = 0xFFFF_FFFF_FFFF_FFFF
OFFSET: Final = 0xCBF2_9CE4_8422_2325
PRIME: Final = 0x0000_0100_0000_01B3
MIX: Final = 0x9E37_79B9_7F4A_7C15


def fold(state: int, word: int) -> int:
    """Return *state* after one 64-bit *word*: xor, multiply, rotate (all modulo 2**64)."""
    state = ((state ^ (word & MASK)) * PRIME) & MASK
    return ((state << 29) | (state >> 35)) & MASK


def book_hash(orders: Iterable[tuple[int, ...]]) -> int:
    """Return the hash of *orders*, given in book order (see above).

    Each order is ``(order_id, account, stp_group, outcome, side, price, remaining,
    expire_at_us)`` in ticks, lots and microseconds (0 = no expiry). An empty book has the hash
    ``OFFSET``. Every word is folded after multiplication by ``MIX``.
    """
    state = OFFSET
    for order in orders:
        for word in order:
            state = fold(state, word * MIX)
    return state
