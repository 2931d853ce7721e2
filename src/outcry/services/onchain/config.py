"""Settings of the onchain service. Units are the last word of a name."""

from typing import NamedTuple


class OnchainConfig(NamedTuple):
    """None of these changes what is true on the chain, only when we believe it."""

    #: Blocks, its own included, after which a transaction is believed.
    confirmations: int = 3
    #: Pause between two looks at the chain.
    poll_ms: int = 200
    #: Blocks after which a transaction that is in none is sent again, for a higher price.
    resend_blocks: int = 10
    #: Blocks for which who finds another sender with the same key sends nothing.
    standby_blocks: int = 20
    #: Transactions that wait for a block at most.
    in_flight_count_max: int = 500
    #: Without an answer, or without a block while something waits for one, it is not ready.
    stall_seconds: float = 60.0
