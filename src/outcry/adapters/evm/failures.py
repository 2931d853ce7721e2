"""Failures: what a call of the contract reverted with, as a reason for people. Pure.

Three kinds: a leg cannot settle; the part is settled already; and what no leg is to blame for, such
as a contract that is paused: then the same is tried later.
"""

from typing import Final

from outcry.adapters.evm.matching import SETTLEMENT
from outcry.ports.chain import NOBODY, SETTLED, SIGNATURE, Failure


#: Number of the contract: sentence. `LegFailed(leg, why)`.
LEG_REASONS: Final = {
    1: "an amount of the order or of its fill is none that can settle",
    2: SIGNATURE,
    3: "the order expired before it settled",
    4: "the account has raised its nonce: the order counts no more",
    5: "the price is worse than the order allows",
    6: "the order would give more than it was signed for",
    7: "the fee is higher than the order or the contract allows",
    8: "the order is for a token that does not go with the taker's",
    9: "the account has not enough collateral in escrow",
    10: "the account has not enough outcome tokens in escrow",
    11: "the order is for somebody else to take",
    13: "the price is worse than the taker's order allows",
    14: "the account has revoked the order",
}
#: `Refused(why)`, of a call that settles.
REFUSED_REASONS: Final = {
    1: "the sender is no operator of the contract",
    3: "the contract is paused",
    4: "the contract is of another chain",
    6: "the call has no fills, or not one for each maker",
}
_DONE_ALREADY: Final = 5
_CALL_SHAPE: Final = 6
#: What no leg is to blame for and will be otherwise some day.
_PASSING: Final = frozenset(REFUSED_REASONS) - {_CALL_SHAPE}


def failure_of(output: bytes) -> Failure:
    """Return why a call reverted that gave *output*."""
    said = SETTLEMENT.reverted(output)
    if said.name == "LegFailed":
        leg, why = said.values
        return Failure(leg, LEG_REASONS.get(why, f"the contract declines it, number {why}"))
    if said.name == "Refused":
        (why,) = said.values
        if why == _DONE_ALREADY:
            return Failure(0, SETTLED)
        reason = REFUSED_REASONS.get(why, f"the contract refuses the call, number {why}")
        return Failure(NOBODY if why in _PASSING else 0, reason)
    if said.name == "Error":
        return Failure(0, f"the contract says: {said.values[0]}")
    if said.name == "Panic":
        return Failure(0, f"the contract panics, code {said.values[0]}")
    if said.name == "":
        return Failure(0, "the contract gives no reason")
    return Failure(0, f"the contract reverts with {output[:36].hex()}")
