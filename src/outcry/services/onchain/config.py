"""Settings of the onchain service. Units are the last word of a name."""

from typing import NamedTuple


class OnchainConfig(NamedTuple):
    """None of these changes what is true on the chain, only when we believe it."""

    #: Blocks, its own included, after which a transaction is believed.
    confirmations: int = 3
    #: Pause between two looks at the chain.
    poll_ms: int = 200
    #: Blocks after which a transaction that is in none is sent again.
    resend_blocks: int = 10
