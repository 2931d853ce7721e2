"""Gas: how much a match may use, and what is offered for it. Pure.

The limit is a formula: asking a node costs ten times what the call itself costs, and what a match
uses follows from its size. Prices are in wei per unit of gas.
"""

from typing import Final

from outcry.adapters.evm.matching import MatchSize
from outcry.ports.chain import Price


GWEI: Final = 10**9
#: Units of gas that the largest matches of each kind were measured with, rounded up.
BASE_GAS: Final = 120_000
MAKER_GAS: Final = 80_000
PAIRS_GAS: Final = 110_000
#: Of all three, in percent, since storage that is touched first costs more.
MARGIN_PERCENT: Final = 150
#: What replaces a waiting transaction is at least a tenth more; we offer an eighth.
REPLACING_EIGHTHS: Final = 9
#: A block's price can double within six blocks: the offer holds as long.
BASE_FEE_TIMES: Final = 2


def gas_limit(size: MatchSize) -> int:
    """Return what a match of *size* may use at most."""
    measured = BASE_GAS + MAKER_GAS * size.makers + PAIRS_GAS * size.pairs
    return measured * MARGIN_PERCENT // 100


def offer(base_fee: int, tip: int, ceiling: int) -> Price:
    """Return what to offer while a block asks *base_fee*, at most *ceiling*."""
    most = min(BASE_FEE_TIMES * base_fee + tip, ceiling)
    return Price(most, min(tip, most))


def replacement(now: Price, before: Price, ceiling: int) -> Price:
    """Return what replaces a transaction that offers *before*, *before* if *ceiling* forbids it."""
    most = max(now.max_fee, _more(before.max_fee))
    tip = max(now.tip, _more(before.tip))
    if _more(before.max_fee) > ceiling:
        return before
    most = min(most, ceiling)
    return Price(most, min(tip, most))


def _more(wei: int) -> int:
    return wei * REPLACING_EIGHTHS // 8 + 1
