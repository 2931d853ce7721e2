"""Tickers: the best prices of a market and its state, told when they change and never queued.

A ticker says everything there is to say, so a reader that is passed over is sent the newest one
when its connection has room again; nothing of it has to be caught up.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from outcry.domain.market import INSTRUMENT_STATES, MarketState, own_price
from outcry.domain.units import format_price
from outcry.ports.books import Books, TopOfBook
from outcry.ports.projection import MarketRow
from outcry.runtime.book_changes import MarketChange
from outcry.runtime.ws_session import Session, encode
from outcry_wire.records import InstrumentState


class PricesData(Struct, frozen=True, gc=False):
    """One token's best prices and its last; "" where there is none."""

    best_bid: str
    best_ask: str
    latest_trade_price: str


class TickerFrame(Struct, frozen=True, gc=False):
    """A market's best prices as of ``update_id``, and the state of its book."""

    event_type: str
    event_id: int
    market_id: int
    update_id: int
    timestamp: int
    state: str
    tickers: dict[str, PricesData]


#: Most tickers that one connection may follow.
TICKERS_MAX: Final = 1_000


class _Ticker:
    """One market: who follows it, and what they were told last."""

    def __init__(self, market: MarketRow) -> None:
        self.market = market
        self.followers: set[Session] = set()
        self.told: tuple[TopOfBook, int] | None = None
        self.text = b""
        #: As the tables have it, until the book says more.
        self.state = int(INSTRUMENT_STATES.get(MarketState(market.state), InstrumentState.CLOSED))


class Tickers:
    """The tickers of all markets that somebody follows so."""

    def __init__(self, books: Books) -> None:
        """Read prices from *books*."""
        self._books = books
        self._tickers: dict[int, _Ticker] = {}
        #: Those who could not be told, by market.
        self._behind: dict[int, set[Session]] = {}

    @property
    def waiting(self) -> bool:
        """Whether somebody still has to be told."""
        return bool(self._behind)

    def follow(self, session: Session, market: MarketRow) -> None:
        """Let *session* follow a market, beginning with how it stands."""
        ticker = self._tickers.setdefault(market.market_id, _Ticker(market))
        ticker.followers.add(session)
        if not ticker.text:
            self._renew(ticker, 0)
        self._send(ticker, [session])

    def unfollow(self, session: Session, market_id: int) -> None:
        """Let *session* follow a market no more."""
        ticker = self._tickers.get(market_id)
        if ticker is not None:
            ticker.followers.discard(session)
            if not ticker.followers:
                del self._tickers[market_id]

    def take(self, change: MarketChange) -> None:
        """Tell of a change, if it is one of the best prices or of the state."""
        ticker = self._tickers.get(change.market_id)
        if ticker is not None:
            ticker.state = change.state
            if self._renew(ticker, change.at_us):
                self._send(ticker, list(ticker.followers))

    def catch_up(self) -> None:
        """Tell those who had no room before."""
        behind, self._behind = self._behind, {}
        for market_id, sessions in behind.items():
            ticker = self._tickers.get(market_id)
            if ticker is not None:
                self._send(ticker, sessions & ticker.followers)

    def _renew(self, ticker: _Ticker, at_us: int) -> bool:
        """Render what is to be told; False when that was told already."""
        market = ticker.market
        top = self._books.top(market.market_id)
        if ticker.told == (top, ticker.state):
            return False
        ticker.told = (top, ticker.state)
        book = self._books.book(market.market_id)
        last = top.last_price or market.last_price
        frame = TickerFrame(
            event_type="ticker",
            event_id=market.event_id,
            market_id=market.market_id,
            update_id=book.update_id if book else 0,
            timestamp=(at_us or (book.at_us if book else 0)) // 1_000,
            state=InstrumentState(ticker.state).name.lower(),
            tickers={
                market.token_0: PricesData(_text(0, top.bid), _text(0, top.ask), _text(0, last)),
                market.token_1: PricesData(_text(1, top.ask), _text(1, top.bid), _text(1, last)),
            },
        )
        ticker.text = encode(frame)
        return True

    def _send(self, ticker: _Ticker, sessions: Iterable[Session]) -> None:
        for session in sessions:
            if session.closing:
                continue
            if session.backlogged:
                self._behind.setdefault(ticker.market.market_id, set()).add(session)
            else:
                session.wire.send(ticker.text)


def _text(outcome: int, book_price: int) -> str:
    return format_price(own_price(outcome, book_price)) if book_price else ""
