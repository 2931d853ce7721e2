"""What happened on two branches of a chain, compared event by event. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from outcry.messages.happenings import Happened, Happening


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


def announced(
    believed: Iterable[Happening], common: int, said: Iterable[Happening], lost: Iterable[Happening]
) -> list[Happening]:
    """Return the announcements that stand now, 0 for none, where exits or announcements were lost.

    *believed* is what was believed before, *said* what is above *common* now. Of an exit whose
    announcement is not remembered, what it took had been announced.
    """
    stands: dict[tuple[str, str], Happening] = {}
    for one in _exits(believed):
        if one.block <= common:
            stands[one.who, one.asset] = _after(one)
        else:
            took = one.amount if one.kind == Happened.EXITED else 0
            before = replace(one, kind=Happened.EXIT_REQUESTED, amount=took)
            stands.setdefault((one.who, one.asset), before)
    for one in _exits(said):
        stands[one.who, one.asset] = _after(one)
    return [stands[place] for place in dict.fromkeys((one.who, one.asset) for one in _exits(lost))]


def _exits(happenings: Iterable[Happening]) -> list[Happening]:
    """Return exits and what announces them, in the order of the chain."""
    found = [one for one in happenings if one.kind in (Happened.EXIT_REQUESTED, Happened.EXITED)]
    return sorted(found, key=lambda one: (one.block, one.log_index))


def _after(one: Happening) -> Happening:
    """Return the announcement that stands after *one*."""
    if one.kind == Happened.EXIT_REQUESTED:
        return one
    return replace(one, kind=Happened.EXIT_REQUESTED, amount=0)


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
