"""What stands for a transaction hash where the exchange's own log settles a trade. Pure."""

from outcry.runtime.clob.names import TradePart
from outcry.runtime.eip712 import keccak256


def book_hash(trade: TradePart) -> str:
    """Return the hash of a trade that no chain settles.

    Clients wait for a hash as long as there is none. This one is made of the trade's name, which
    names the one command in the log that made it, so whoever asks again gets the same.
    """
    name = trade.trade_id.to_bytes(8, "big") + trade.part.to_bytes(1, "big")
    return f"0x{keccak256(b'outcry trade' + name).hex()}"
