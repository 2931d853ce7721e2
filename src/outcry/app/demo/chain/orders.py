"""Orders that a bot signs with its own key: of the second generation, for one contract."""

from typing import Final, NamedTuple

from outcry.adapters.evm.abi import address_text
from outcry.adapters.evm.signer import Signer
from outcry.domain.units import TICKS_PER_UNIT
from outcry.runtime.eip712 import order_digest
from outcry_sdk.models import Market


#: Atomic units of a token in a lot; a lot at one tick is one atomic unit of collateral.
UNITS_PER_LOT: Final = 10_000
_NO_WORD: Final = bytes(32)
BUY, SELL = 0, 1


class Wish(NamedTuple):
    """What a bot wants: an outcome, a side, lots, and a price in ticks of that outcome."""

    outcome: int
    side: int
    lots: int
    price: int

    @property
    def amounts(self) -> tuple[int, int]:
        """What the maker gives and takes, in atomic units."""
        tokens, cash = self.lots * UNITS_PER_LOT, self.lots * self.price
        return (cash, tokens) if self.side == BUY else (tokens, cash)


def signed_body(
    wish: Wish, place: tuple[int, Market], signer: Signer, domain: bytes, stamp: tuple[int, int]
) -> dict[str, object]:
    """Return the body of `POST /api/place_order` for *wish* in an event's market.

    *stamp* is a salt and the time in milliseconds.
    """
    event_id, market = place
    assert 0 < wish.price < TICKS_PER_UNIT, "a price lies between nothing and all"
    tokens = (market.outcome_0_token_id, market.outcome_1_token_id)
    token, who = tokens[wish.outcome], signer.address
    salt, time_ms = stamp
    head = (salt, who, who, int(token), *wish.amounts)
    digest = order_digest(domain, "2", (*head, wish.side, 0, time_ms, _NO_WORD, _NO_WORD))
    given, taken = wish.amounts
    return {
        "event_id": event_id,
        "market_id": market.market_id,
        "tokenId": token,
        "side": ("buy", "sell")[wish.side],
        "order_type": "limit",
        "salt": str(salt),
        "maker": address_text(who),
        "signer": address_text(who),
        "makerAmount": str(given),
        "takerAmount": str(taken),
        "timestamp": str(time_ms),
        "signature": "0x" + signer.digest_signature(digest).hex(),
    }
