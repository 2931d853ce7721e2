"""Trades as clients of CLOBs name them: one for each order that took, with its makers. Pure."""

from outcry.runtime.eip712 import keccak256


def trade_name(trade_id: int) -> str:
    """Return the id of a trade."""
    return str(trade_id)


def book_hash(trade_id: int) -> str:
    """Return what stands for a transaction hash where the exchange's own log settles a trade.

    Clients wait for a hash as long as there is none. This one is made of the trade's id, which
    names the one command in the log that made it, so whoever asks again gets the same.
    """
    return f"0x{keccak256(b'outcry trade' + trade_id.to_bytes(8, 'big')).hex()}"
