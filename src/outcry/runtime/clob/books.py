"""Books as clients of CLOBs know them: one for each token, the best level last, and a hash.

The book of outcome 1 is the market's one book seen from the other side: who bids for outcome 0 at
``p`` asks for outcome 1 at ``1 - p``. The hash is SHA-1 over the compact JSON of all ten keys in
their order, with an empty ``hash``; the official clients make the same.
"""

import hashlib
from typing import Final

from msgspec import Struct, json

from outcry.domain.market import own_price
from outcry.domain.units import PRICE_DECIMALS, TICKS_PER_UNIT, format_decimal
from outcry.ports.books import BookImage, TopOfBook
from outcry.ports.projection import MarketRow
from outcry.runtime.clob.conditions import condition_of
from outcry.runtime.clob.texts import price_text, size_text, trimmed


_encode: Final = json.Encoder().encode


class ClobLevel(Struct, frozen=True, gc=False):
    """One price of a book and how many shares are wanted or offered at it."""

    price: str
    size: str


class ClobBook(Struct, frozen=True):
    """The book of one token. The order of these fields is part of the hash."""

    market: str
    asset_id: str
    timestamp: str
    hash: str
    #: Rising, so the best is last.
    bids: list[ClobLevel]
    #: Falling, so the best is last.
    asks: list[ClobLevel]
    min_order_size: str
    tick_size: str
    neg_risk: bool
    last_trade_price: str


class OwnTop(Struct, frozen=True, gc=False):
    """Best prices of one token in its own ticks, as a side that is empty bounds them.

    Nobody bids: 0. Nobody asks: one unit. ``last_price`` is 0 when nothing was ever traded.
    """

    bid: int
    ask: int
    last_price: int

    @property
    def spread(self) -> int:
        """How far the sides are apart, in ticks."""
        return self.ask - self.bid

    @property
    def middle(self) -> str:
        """The middle of both as text, exact to half a tick."""
        return trimmed(format_decimal((self.bid + self.ask) * 5, PRICE_DECIMALS + 1))


def token_of(row: MarketRow, outcome: int) -> str:
    """Return the token of an outcome."""
    return row.token_1 if outcome else row.token_0


def outcome_name(row: MarketRow, outcome: int) -> str:
    """Return the name of an outcome."""
    return row.outcome_1 if outcome else row.outcome_0


def own_top(row: MarketRow, outcome: int, top: TopOfBook) -> OwnTop:
    """Return the best prices of *outcome*; the last price is that of the tables if need be."""
    bid, ask = top.bid, top.ask or TICKS_PER_UNIT
    last = top.last_price or row.last_price
    if outcome:
        return OwnTop(TICKS_PER_UNIT - ask, TICKS_PER_UNIT - bid, last and TICKS_PER_UNIT - last)
    return OwnTop(bid, ask, last)


def clob_book(row: MarketRow, outcome: int, image: BookImage | None) -> ClobBook:
    """Return the book of *outcome* with its hash; a market without a book has an empty one."""
    image = image or BookImage(row.market_id, 0, 0, [], [], 0)
    bids, asks = (image.asks, image.bids) if outcome else (image.bids, image.asks)
    last = image.last_price or row.last_price
    book = ClobBook(
        market=condition_of(row),
        asset_id=token_of(row, outcome),
        timestamp=str((image.at_us or row.created_at_us) // 1_000),
        hash="",
        bids=_levels(outcome, bids),
        asks=_levels(outcome, asks),
        min_order_size=size_text(row.qty_min),
        tick_size=price_text(row.tick),
        neg_risk=False,
        last_trade_price=price_text(own_price(outcome, last)) if last else "",
    )
    return hashed(book)


def hashed(book: ClobBook) -> ClobBook:
    """Return *book*, whose hash is empty, with its hash."""
    digest = hashlib.sha1(_encode(book), usedforsecurity=False).hexdigest()
    return ClobBook(
        book.market, book.asset_id, book.timestamp, digest, book.bids, book.asks,
        book.min_order_size, book.tick_size, book.neg_risk, book.last_trade_price,
    )  # fmt: skip


def _levels(outcome: int, levels: list[tuple[int, int]]) -> list[ClobLevel]:
    """Return levels, best first, at *outcome*'s own prices, best last."""
    return [
        ClobLevel(price_text(own_price(outcome, price)), size_text(lots))
        for price, lots in reversed(levels)
    ]
