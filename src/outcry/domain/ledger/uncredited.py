"""Uncredited: what came into escrow and is more than the ledger counts. Nobody has it here.

Whose it is can take it out without us; what leaves is taken from there first.
"""

from typing import Final

from outcry.domain.ids import COLLATERAL, EXTERNAL
from outcry.domain.ledger.state import Ledger, balance_key
from outcry.domain.units import BALANCE_LIMIT


#: More is remembered as so much; no token of this world has it.
ATOMS_MAX: Final = 2**63 - 1


def is_too_much(ledger: Ledger, atoms: int) -> bool:
    """Whether the ledger cannot count so much more: micros, or atomic units of a token.

    Each token is backed by as much collateral, so this bounds both.
    """
    return atoms - ledger.total(EXTERNAL, COLLATERAL) >= BALANCE_LIMIT


def note(ledger: Ledger, account: int, asset: int, atoms: int) -> None:
    """Remember what is credited to nobody."""
    key, known = balance_key(account, asset), ledger.chain.uncredited
    known[key] = min(known.get(key, 0) + atoms, ATOMS_MAX)


def use(ledger: Ledger, account: int, asset: int, atoms: int) -> int:
    """Take what leaves escrow off it; returns what is left to be taken off the balance."""
    key, known = balance_key(account, asset), ledger.chain.uncredited
    taken = min(atoms, known.get(key, 0))
    if taken:
        known[key] -= taken
        if not known[key]:
            del known[key]
    return atoms - taken
