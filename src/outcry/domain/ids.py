"""Numbers that name things, and how they are composed.

* Accounts below `FIRST_ACCOUNT` belong to the exchange: `EXTERNAL` is the world outside (its
  balance is minus all that was deposited), `FEES` collects fees, `PENDING` keeps what waits for a
  chain, `SUSPENSE` takes what a chain took back. The account ``-market_id`` holds a market's
  collateral and issues its tokens.
* An asset is 0 (collateral) or ``market_id * 2 + outcome``; market ids start at 1.
* ``trade_id`` is the shard above 48 bits of the taker command's seq: unique without a counter.
"""

from typing import Final

from outcry.domain.outcomes import asset_market as asset_market  # noqa: PLC0414 - said here as well
from outcry.domain.outcomes import token_asset as token_asset  # noqa: PLC0414


EXTERNAL: Final = 1
FEES: Final = 2
SUSPENSE: Final = 3
PENDING: Final = 4
FIRST_ACCOUNT: Final = 1000

COLLATERAL: Final = 0

SEQ_BITS: Final = 48

#: ``client_order_id``: 1 to 64 printable ASCII characters.
CLIENT_ORDER_ID_LENGTH_MAX: Final = 64


def command_number(shard: int, seq: int) -> int:
    """Return what names a command among those of all shards; a trade id is that of its taker."""
    return shard << SEQ_BITS | seq


def trade_id(shard: int, seq: int) -> int:
    """Return the id of the trade made by command *seq* of *shard*."""
    return shard << SEQ_BITS | seq


def is_client_order_id(text: str) -> bool:
    """Return whether *text* may name an order: 1 to 64 printable ASCII characters."""
    return 0 < len(text) <= CLIENT_ORDER_ID_LENGTH_MAX and text.isascii() and text.isprintable()
