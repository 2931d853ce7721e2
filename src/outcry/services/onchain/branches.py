"""What happened on two branches of a chain, compared event by event. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from outcry.messages.happenings import Happening


#: A happening wherever it stands: the same transaction did the same.
Identity = tuple[int, str, str, str, int, int, int, int]


#: Beyond every block.
BLOCK_MAX: Final = 2**63 - 1


def compare(
    gone: Sequence[Happening], happened: Sequence[Happening]
) -> tuple[list[Happening], list[Happening], list[Happening]]:
    """Return what happened again, what is new, and what of *gone* happened nowhere any more."""
    left = Counter(_identity(one) for one in gone)
    kept: list[Happening] = []
    fresh: list[Happening] = []
    lost: list[Happening] = []
    for one in happened:
        again = left[_identity(one)] > 0
        left[_identity(one)] -= again
        (kept if again else fresh).append(one)
    for one in gone:
        if left[_identity(one)] > 0:
            left[_identity(one)] -= 1
            lost.append(one)
    return kept, fresh, lost


def whole_blocks(happenings: Sequence[Happening], count_max: int) -> int:
    """Return up to which block there are at most so many, or those of a single block.

    They are in order; a number beyond all blocks when there are no more than that.
    """
    if len(happenings) <= count_max:
        return BLOCK_MAX
    first, beyond = happenings[0].block, happenings[count_max].block
    return max(first, beyond - 1)


def _identity(one: Happening) -> Identity:
    amounts = one.amount, one.number, one.yes, one.no
    return one.kind, one.tx_hash, one.who, one.asset, *amounts
