"""What a contract said, event by event, in the chain's own words."""

from enum import IntEnum

from msgspec import Struct


class Happened(IntEnum):
    """What an event of the contract says."""

    DEPOSITED = 0
    EXIT_REQUESTED = 1
    EXITED = 2
    PAID_OUT = 3
    SPLIT = 4
    MERGED = 5
    REGISTERED = 6
    REDEEMED = 7
    REDEEMED_FOR = 8
    #: ``asset`` is the hash of an order that will settle no more.
    REVOKED = 9
    #: No order of the first generation will settle any more; ``asset`` is "".
    NONCE_RAISED = 10
    #: A key that a wallet named will sign for it no more; ``asset`` is "".
    KEY_ENDED = 11


class Happening(Struct, frozen=True, array_like=True, gc=False):
    """One event of the contract. Its place is ``(block, log_index)``, which names it for ever."""

    kind: int
    block: int
    log_index: int
    tx_hash: str
    #: Address, in lower case; "" where nobody is named.
    who: str = ""
    #: ``0`` or a token id in decimals; of a registration or redemption the condition id.
    asset: str = "0"
    #: Atomic units: micros of collateral, millionths of a token.
    amount: int = 0
    #: The operation, of what was done for one; when an exit is ready, in seconds.
    number: int = 0
    #: Tokens that a redemption took, in atomic units.
    yes: int = 0
    no: int = 0
