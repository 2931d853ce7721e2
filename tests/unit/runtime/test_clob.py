"""What both doors of the CLOB surface say alike: ids, numbers, books with their hash, and fees."""

import json
from typing import Any

import pytest
from msgspec import to_builtins
from py_clob_client.utilities import (
    generate_orderbook_summary_hash,
    parse_raw_orderbook_summary,
)
from tests.support.rows import market_row

from outcry.adapters.memory import MemoryQueries, MemoryTables
from outcry.domain.fees import FREE, FeeKind, FeeSchedule
from outcry.ports.books import BookImage, TopOfBook
from outcry.ports.rows import AuditRow
from outcry.runtime.clob.books import clob_book, own_top
from outcry.runtime.clob.conditions import condition_of, is_condition, question_of
from outcry.runtime.clob.fees import FeeSchedules, base_fee, fee_details
from outcry.runtime.clob.mirrors import Mirrors
from outcry.runtime.clob.texts import money_text, price_text, size_text
from outcry.runtime.directory import Directory


IMAGE = BookImage(1, 7, 1_700_000_000_123_456, [(5_200, 1_050), (5_000, 300)], [(5_500, 1)], 5_100)


def test_a_market_on_a_chain_keeps_its_condition_and_any_other_gets_one() -> None:
    """A listed condition id stands, in lower case; else it is made of the tokens, for ever."""
    listed = market_row(1)._replace(condition_id="0x" + "Ab" * 32)
    assert condition_of(listed) == "0x" + "ab" * 32
    made = condition_of(market_row(1))
    assert is_condition(made)
    assert made == condition_of(market_row(1)._replace(title="renamed", state=7))
    assert made != condition_of(market_row(2))
    assert is_condition(question_of(market_row(1)))
    assert question_of(market_row(1)) != made
    assert condition_of(market_row(1)._replace(condition_id="cond-7")) == made


def test_numbers_have_no_zeros_that_say_nothing() -> None:
    """Prices, sizes and money are plain decimals without trailing zeros or a bare point."""
    assert [price_text(ticks) for ticks in (1, 5_200, 5_000, 10_000, 0)] == [
        "0.0001", "0.52", "0.5", "1", "0",
    ]  # fmt: skip
    assert [size_text(lots) for lots in (1, 1_050, 10_000)] == ["0.01", "10.5", "100"]
    assert money_text(2_500_000) == "2.5"


@pytest.mark.parametrize("outcome", [0, 1])
def test_the_official_client_makes_the_same_hash(outcome: int) -> None:
    """The hash of either token's book is the one that the official client reckons from it."""
    said: dict[str, Any] = to_builtins(clob_book(market_row(1), outcome, IMAGE))
    told = said["hash"]
    assert generate_orderbook_summary_hash(parse_raw_orderbook_summary(said)) == told
    other = to_builtins(clob_book(market_row(1), outcome, IMAGE._replace(last_price=5_101)))
    assert other["hash"] != told


def test_the_best_level_is_last_on_both_sides() -> None:
    """Bids rise and asks fall, for either outcome; outcome 1 is the complement of the one book."""
    book = clob_book(market_row(1), 0, IMAGE)
    assert [(level.price, level.size) for level in book.bids] == [("0.5", "3"), ("0.52", "10.5")]
    assert [(level.price, level.size) for level in book.asks] == [("0.55", "0.01")]
    assert (book.asset_id, book.timestamp) == ("y1", "1700000000123")
    assert book.last_trade_price == "0.51"
    other = clob_book(market_row(1), 1, IMAGE)
    assert [(level.price, level.size) for level in other.bids] == [("0.45", "0.01")]
    assert [(level.price, level.size) for level in other.asks] == [("0.5", "3"), ("0.48", "10.5")]
    assert (other.asset_id, other.last_trade_price) == ("n1", "0.49")
    assert json.loads(json.dumps(to_builtins(book)))["neg_risk"] is False


def test_a_book_that_nobody_traded_in_is_empty_and_has_a_time() -> None:
    """A market without orders has an empty book as of its listing, and no last price."""
    book = clob_book(market_row(1)._replace(created_at_us=5_000_000), 0, None)
    assert (book.bids, book.asks, book.last_trade_price, book.timestamp) == ([], [], "", "5000")


def test_an_empty_side_is_bounded_by_nothing_and_by_one() -> None:
    """Nobody bids: 0; nobody asks: 1; for outcome 1 the two change places."""
    top = own_top(market_row(1), 0, TopOfBook(5_201, 0, 0))
    assert (top.bid, top.ask, top.spread, top.middle) == (5_201, 10_000, 4_799, "0.76005")
    other = own_top(market_row(1), 1, TopOfBook(5_201, 0, 5_100))
    assert (other.bid, other.ask, other.last_price) == (0, 4_799, 4_900)
    assert own_top(market_row(1), 1, TopOfBook(0, 0, 0)).last_price == 0


async def test_a_market_is_found_by_its_condition() -> None:
    """Listed and made condition ids both lead to the market, and an unknown one is looked for."""
    tables = MemoryTables()
    tables.markets[1] = market_row(1)
    tables.markets[2] = market_row(2)._replace(condition_id="0x" + "AB" * 32)
    known = Directory(MemoryQueries(tables))
    await known.refresh()
    assert known.condition(condition_of(tables.markets[1])) == tables.markets[1]
    assert known.condition("0x" + "aB" * 32) == tables.markets[2]
    assert known.condition("0x" + "cd" * 32) is None
    tables.markets[3] = market_row(3)
    assert await known.find_condition(condition_of(tables.markets[3])) == tables.markets[3]


async def test_fee_schedules_are_read_from_what_operators_set() -> None:
    """A schedule is found in the audit whichever page it stands on; version 0 needs no reading."""
    tables = MemoryTables()
    for version in range(1, 131):
        body = json.dumps({
            "version": version, "kind": 2, "taker_bps": version, "maker_bps": 0, "rebate_bps": 5,
        })  # fmt: skip
        tables.audit[version, 0] = AuditRow(version, 0, 1, "fees", body, 0)
    schedules = FeeSchedules(MemoryQueries(tables))
    assert await schedules.schedule(0) == FREE
    assert await schedules.schedule(3) == FeeSchedule(3, FeeKind.QUADRATIC, 3, 0, 5)
    assert await schedules.schedule(130) == FeeSchedule(130, FeeKind.QUADRATIC, 130, 0, 5)


def test_clients_of_the_second_generation_never_reckon_too_small_a_fee() -> None:
    """A quadratic fee is told as it is; a flat one as a curve that nowhere lies below it."""
    assert fee_details(FREE).rate == 0
    quadratic = fee_details(FeeSchedule(1, FeeKind.QUADRATIC, 400, 0, 0))
    assert (quadratic.rate, quadratic.exponent, quadratic.taker_only) == (0.04, 1, True)
    flat = FeeSchedule(1, FeeKind.FLAT, 200, 100, 0)
    told = fee_details(flat)
    assert not told.taker_only
    for ticks in range(10, 10_000, 10):
        price = ticks / 10_000
        assert told.rate * price * (1 - price) >= 0.02 * min(price, 1 - price) - 1e-12
    assert base_fee(flat) == 200


async def test_what_was_linked_is_known_a_moment_later() -> None:
    """The last word on an account counts; where nothing is in escrow nobody looks."""
    tables, now = MemoryTables(), 10.0
    seen = Mirrors(MemoryQueries(tables), lambda: now, escrow=True)
    blind = Mirrors(MemoryQueries(tables), lambda: now, escrow=False)
    assert await seen.wallet_of(7) == ""
    for n, account, address in ((3, 7, "0xaa"), (4, 8, "0xbb"), (5, 9, "0xcc")):
        body = json.dumps({"user_id": 1, "account": account, "address": address})
        tables.audit[n, 0] = AuditRow(n, 0, 1, "wallet", body, 5)
    assert await seen.wallet_of(7) == ""
    now += 1.0
    assert [await seen.wallet_of(one) for one in (7, 8, 9)] == ["0xaa", "0xbb", "0xcc"]
    assert await blind.wallet_of(7) == ""
