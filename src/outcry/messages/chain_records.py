"""Ledger records of what a chain said, and of what follows from it."""

from outcry.messages.record import Record


class ChainJoined(Record, frozen=True, tag="chain_joined", array_like=True, gc=False):
    """From its first entry on, this ledger lives on these contracts; addresses as text."""

    chain_id: int
    settlement: str
    ctf: str
    collateral: str
    oracle: str


class ChainResult(Record, frozen=True, tag="chain_result", array_like=True, gc=False):
    """A fill was confirmed on the chain, or failed there for ``reason``.

    Confirmed after it had failed, or was undone: the chain has settled it after all.
    """

    trade_id: int
    fill: int
    confirmed: bool
    tx_hash: str
    reason: str


class ChainReverted(Record, frozen=True, tag="chain_reverted", array_like=True, gc=False):
    """A confirmed fill is no longer on the chain: what is left of it is suspended.

    ``undone``: the chain keeps the funds, so both sides have again what they gave.
    """

    trade_id: int
    fill: int
    tx_hash: str
    reason: str
    undone: bool = False


class AccountFrozen(Record, frozen=True, tag="frozen", array_like=True, gc=False):
    """The account may only cancel, or (``frozen`` false) may do everything again."""

    account: int
    frozen: bool
    reason: str


class ChainCursor(Record, frozen=True, tag="chain_cursor", array_like=True, gc=False):
    """Everything on the chain up to and including this log index has been taken in."""

    block: int
    log_index: int
    block_hash: str = ""


ChainRecord = ChainResult | ChainReverted | AccountFrozen | ChainCursor | ChainJoined
