"""What a market's followers are told of: fills that a chain settles, once they can."""

from tests.support.rows import market_row

from outcry.domain.fees import FREE
from outcry.domain.market import SettlementMode
from outcry.messages.book_updates import PublicTrade
from outcry.messages.settlement_status import SettlementStage, SettlementStatus, StagedFill
from outcry.ports.books import BookImage, TopOfBook
from outcry.runtime.book_changes import MarketChange
from outcry.services.websocket_depth.clob.messages import HELD_COUNT_MAX, Followed


ROW = market_row(2)._replace(settlement=SettlementMode.CHAIN)
IMAGE, TOP = BookImage(2, 7, 0, [], [], 0), TopOfBook(0, 0, 0)


def fill(trade_id: int) -> PublicTrade:
    """Return the first fill of a trade."""
    return PublicTrade(trade_id, 0, 40, 10, 0, 0, 0, 1)


def sent(trade_id: int) -> SettlementStatus:
    """Return what is said of a trade that passed its pre-flight."""
    stage = SettlementStage.SENT
    return SettlementStatus(trade_id, 2, stage, "0xaa", 0, [StagedFill(0, 1, 2)])


def held(count: int) -> Followed:
    """Return a market with so many fills, of which none has passed; its book was told."""
    followed = Followed(ROW, FREE, TOP, 1.0, lambda *_: False)
    change = MarketChange(2, 6)
    change.trades = [fill(number) for number in range(1, count + 1)]
    assert followed.take(ROW, change, IMAGE, TOP, 0.0).trades == []
    return followed


def is_due(followed: Followed) -> bool:
    """Return whether something is to be told now."""
    return followed.due


def test_a_fill_waits_for_its_pre_flight_however_long_and_nobody_looks_meanwhile() -> None:
    """Nothing is due while it waits; it is told when it passed, once, an hour later too."""
    followed = held(2)
    assert not is_due(followed)
    assert followed.later(IMAGE, 3_600.0) is None
    followed.staged(sent(1))
    assert is_due(followed)
    told = followed.later(IMAGE, 3_600.0)
    assert told is not None
    assert told.trades == [fill(1)]
    followed.staged(sent(1))
    assert not is_due(followed)


def test_of_too_many_fills_that_wait_the_oldest_goes() -> None:
    """What never passes its pre-flight takes bounded room."""
    followed = held(HELD_COUNT_MAX + 1)
    for number in (1, 2):
        followed.staged(sent(number))
    told = followed.later(IMAGE, 1.0)
    assert told is not None
    assert told.trades == [fill(2)]
