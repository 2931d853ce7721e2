"""Price before time, time before nothing: how limit orders meet in one book."""

from tests.unit.kernel.book import NO, SELL, Book


def test_first_order_rests(book: Book) -> None:
    """An order that meets nothing rests with all it wants."""
    assert book.buy(1, 10, at=4000) == ["placed #1 BUY YES 10@4000"]
    assert book.resting() == ["#1 10@4000"]


def test_prices_that_do_not_cross_rest(book: Book) -> None:
    """A bid one tick below the ask does not trade."""
    book.sell(1, 10, at=4100)
    assert book.buy(2, 10, at=4000) == ["placed #2 BUY YES 10@4000"]
    assert book.resting() == ["#2 10@4000", "#1 10@4100"]


def test_equal_prices_trade(book: Book) -> None:
    """A bid at the price of the ask trades, and both are over."""
    book.sell(1, 10, at=4000)
    assert book.buy(2, 10, at=4000) == ["traded #2 x #1 10@4000 TRANSFER left 0|0"]
    assert book.resting() == []


def test_buyer_pays_makers_price(book: Book) -> None:
    """An aggressive buy trades at the resting price, not at its own."""
    book.sell(1, 10, at=4000)
    assert book.buy(2, 10, at=9000) == ["traded #2 x #1 10@4000 TRANSFER left 0|0"]


def test_seller_gets_makers_price(book: Book) -> None:
    """An aggressive sell trades at the resting price, not at its own."""
    book.buy(1, 10, at=4000)
    assert book.sell(2, 10, at=1000) == ["traded #2 x #1 10@4000 TRANSFER left 0|0"]


def test_best_ask_first(book: Book) -> None:
    """A buy takes the lowest ask before a higher one, whichever came first."""
    book.sell(1, 5, at=4200)
    book.sell(2, 5, at=4100)
    assert book.buy(3, 6, at=5000) == [
        "traded #3 x #2 5@4100 TRANSFER left 1|0",
        "traded #3 x #1 1@4200 TRANSFER left 0|4",
    ]


def test_best_bid_first(book: Book) -> None:
    """A sell takes the highest bid before a lower one, whichever came first."""
    book.buy(1, 5, at=4100)
    book.buy(2, 5, at=4200)
    assert book.sell(3, 6, at=4000) == [
        "traded #3 x #2 5@4200 TRANSFER left 1|0",
        "traded #3 x #1 1@4100 TRANSFER left 0|4",
    ]


def test_oldest_first_at_one_price(book: Book) -> None:
    """Within a price the oldest order trades first."""
    for order_id in (3, 1, 2):
        book.sell(order_id, 5, at=4000)
    assert book.buy(9, 11, at=4000) == [
        "traded #9 x #3 5@4000 TRANSFER left 6|0",
        "traded #9 x #1 5@4000 TRANSFER left 1|0",
        "traded #9 x #2 1@4000 TRANSFER left 0|4",
    ]


def test_partly_filled_maker_keeps_its_place(book: Book) -> None:
    """A maker that traded in part still stands before those who came after it."""
    book.sell(1, 10, at=4000)
    book.sell(2, 10, at=4000)
    book.buy(3, 4, at=4000)
    assert book.buy(4, 4, at=4000) == ["traded #4 x #1 4@4000 TRANSFER left 0|2"]


def test_residual_becomes_the_touch(book: Book) -> None:
    """What remains of a taker rests at its own price and is the best there."""
    book.sell(1, 4, at=4000)
    assert book.buy(2, 10, at=4300) == [
        "traded #2 x #1 4@4000 TRANSFER left 6|0",
        "placed #2 BUY YES 6@4300",
    ]
    assert book.engine.top(1) == (4300, 6, 0, 0)


def test_marketable_limit_stops_at_its_own_price(book: Book) -> None:
    """A taker never trades beyond its limit, even though it wants more."""
    book.sell(1, 5, at=4000)
    book.sell(2, 5, at=4100)
    assert book.buy(3, 10, at=4000) == [
        "traded #3 x #1 5@4000 TRANSFER left 5|0",
        "placed #3 BUY YES 5@4000",
    ]
    assert book.resting() == ["#3 5@4000", "#2 5@4100"]


def test_selling_limit_stops_at_its_own_price(book: Book) -> None:
    """The same downwards: a sell never trades below its limit."""
    book.buy(1, 5, at=4100)
    book.buy(2, 5, at=4000)
    assert book.sell(3, 10, at=4100) == [
        "traded #3 x #1 5@4100 TRANSFER left 5|0",
        "placed #3 SELL YES 5@4100",
    ]


def test_cancel_head_then_sweep(book: Book) -> None:
    """Cancelling the first of a level loses none of those behind it."""
    for order_id in (1, 2, 3):
        book.sell(order_id, 5, at=4000)
    book.cancel(1)
    assert book.buy(9, 15, at=4000) == [
        "traded #9 x #2 5@4000 TRANSFER left 10|0",
        "traded #9 x #3 5@4000 TRANSFER left 5|0",
        "placed #9 BUY YES 5@4000",
    ]


def test_cancel_middle_then_sweep(book: Book) -> None:
    """Cancelling the middle of a level loses neither neighbour."""
    for order_id in (1, 2, 3):
        book.sell(order_id, 5, at=4000)
    book.cancel(2)
    assert book.buy(9, 10, at=4000) == [
        "traded #9 x #1 5@4000 TRANSFER left 5|0",
        "traded #9 x #3 5@4000 TRANSFER left 0|0",
    ]


def test_cancel_tail_then_append_and_sweep(book: Book) -> None:
    """Cancelling the last of a level leaves a tail to which the next order is added."""
    for order_id in (1, 2, 3):
        book.sell(order_id, 5, at=4000)
    book.cancel(3)
    book.sell(4, 5, at=4000)
    assert book.buy(9, 15, at=4000) == [
        "traded #9 x #1 5@4000 TRANSFER left 10|0",
        "traded #9 x #2 5@4000 TRANSFER left 5|0",
        "traded #9 x #4 5@4000 TRANSFER left 0|0",
    ]


def test_phantom_level(book: Book) -> None:
    """A level whose only order was cancelled is neither the best nor matched."""
    book.sell(1, 5, at=4000)
    book.sell(2, 5, at=4500)
    book.cancel(1)
    assert book.engine.top(1) == (0, 0, 4500, 5)
    assert book.buy(3, 5, at=4400) == ["placed #3 BUY YES 5@4400"]


def test_level_emptied_by_trading_is_gone(book: Book) -> None:
    """After the last order of the best level traded, the next level is the best."""
    book.buy(1, 5, at=4500)
    book.buy(2, 5, at=4000)
    book.sell(3, 5, at=4500)
    assert book.engine.top(1) == (4000, 5, 0, 0)
    assert book.sell(4, 5, at=4500) == ["placed #4 SELL YES 5@4500"]


def test_level_is_used_again(book: Book) -> None:
    """A level that was emptied and filled again holds just the new orders."""
    book.sell(1, 5, at=4000)
    book.cancel(1)
    book.sell(2, 7, at=4000)
    assert book.engine.levels(1, SELL, 9) == [(4000, 7, 1)]


def test_stale_cancel_after_full_fill(book: Book) -> None:
    """An order that was filled cannot be cancelled any more."""
    book.sell(1, 5, at=4000)
    book.buy(2, 5, at=4000)
    assert book.cancel(1) == ["refused CANCEL_ORDER #1 ORDER_UNKNOWN"]
    assert book.cancel(2) == ["refused CANCEL_ORDER #2 ORDER_UNKNOWN"]


def test_id_reuse_after_cancel(book: Book) -> None:
    """The id of a cancelled order may be used again, for an order that is new in every way."""
    book.buy(1, 5, at=4000, account=7)
    book.cancel(1, account=7)
    assert book.sell(1, 8, at=6000, account=8) == ["placed #1 SELL YES 8@6000"]
    assert book.cancel(1, account=7) == ["refused CANCEL_ORDER #1 NOT_OWNER"]
    assert book.resting() == ["#1 8@6000"]


def test_id_reuse_after_fill(book: Book) -> None:
    """The id of a filled order may be used again, by the taker of the same book too."""
    book.sell(1, 5, at=4000)
    book.buy(2, 5, at=4000)
    assert book.buy(1, 5, at=3000) == ["placed #1 BUY YES 5@3000"]
    assert book.buy(2, 5, at=3000) == ["placed #2 BUY YES 5@3000"]


def test_id_in_use_is_refused(book: Book) -> None:
    """The id of a resting order is taken, in every book."""
    book.add(2)
    book.buy(1, 5, at=4000)
    assert book.buy(1, 5, at=4000) == ["rejected #1 ORDER_ID_REUSED"]
    assert book.buy(1, 5, at=4000, instrument=2) == ["rejected #1 ORDER_ID_REUSED"]


def test_sweep_of_many_levels(book: Book) -> None:
    """One order takes a hundred makers on fifty levels in order, numbering its fills."""
    for number in range(100):
        book.sell(1 + number, 2, at=4000 + number // 2 * 100)
    sweep = book.buy(500, 200, at=9900)
    assert sweep == [
        f"traded #500 x #{1 + n} 2@{4000 + n // 2 * 100} TRANSFER left {198 - 2 * n}|0"
        for n in range(100)
    ]
    assert [fact["fill"] for fact in book.facts] == list(range(100))
    assert book.engine.order_count == 0


def test_trade_id_is_the_takers_seq(book: Book) -> None:
    """All fills of one command share its seq as trade id; the next command has another."""
    book.sell(1, 5, at=4000)
    book.sell(2, 5, at=4100)
    book.sell(3, 5, at=4100)
    book.buy(4, 7, at=4100)
    assert [fact["trade_id"] for fact in book.facts] == [book.seq, book.seq]
    book.buy(5, 1, at=4100)
    assert [(fact["trade_id"], fact["fill"]) for fact in book.facts] == [(book.seq, 0)]


def test_traded_names_both_parties(book: Book) -> None:
    """A fill says who the taker is in its header and who the maker is in its body."""
    book.sell(1, 5, at=4000, account=71)
    book.buy(2, 3, at=4000, account=72)
    (fact,) = book.facts
    assert (fact.account, fact.instrument, fact["maker_account"]) == (72, 1, 71)
    assert (fact["taker_outcome"], fact["taker_side"]) == (0, 0)
    assert (fact["maker_outcome"], fact["maker_side"]) == (0, 1)


def test_placed_names_the_owner(book: Book) -> None:
    """The fact of a resting order carries instrument, account, outcome and side."""
    book.add(2)
    book.place(1, 5, at=4000, side=SELL, outcome=NO, account=72, instrument=2)
    (fact,) = book.facts
    assert (fact.instrument, fact.account) == (2, 72)
    assert (fact["outcome"], fact["side"]) == (NO, SELL)


def test_books_are_apart(book: Book) -> None:
    """Orders of one instrument never meet those of another."""
    book.add(2)
    book.sell(1, 5, at=4000)
    assert book.buy(2, 5, at=9000, instrument=2) == ["placed #2 BUY YES 5@9000"]


def test_extreme_prices_trade(book: Book) -> None:
    """The lowest and the highest price of the bounds work on both sides."""
    book.buy(1, 5, at=100)
    book.sell(2, 5, at=9900)
    assert book.sell(3, 5, at=100) == ["traded #3 x #1 5@100 TRANSFER left 0|0"]
    assert book.buy(4, 5, at=9900) == ["traded #4 x #2 5@9900 TRANSFER left 0|0"]


def test_every_price_of_the_finest_grid(book: Book) -> None:
    """With tick 1 the book finds its best among all 9,999 prices, wherever they lie."""
    book.add(2, tick=1, prices=(1, 9999))
    prices = [1, 63, 64, 65, 127, 128, 4095, 4096, 4097, 8191, 8192, 9998, 9999]
    for price in prices:
        book.sell(price, 1, at=price, instrument=2)
    for price in prices:
        assert book.engine.top(2) == (0, 0, price, 1)
        fact = f"traded #77777 x #{price} 1@{price} TRANSFER left 0|0"
        assert book.buy(77777, 1, at=9999, instrument=2) == [fact]
    for price in prices:
        book.buy(price, 1, at=price, instrument=2)
    for price in reversed(prices):
        assert book.engine.top(2) == (price, 1, 0, 0)
        book.cancel(price, instrument=2)


def test_largest_quantities(book: Book) -> None:
    """A level sums many orders of 10**9 lots without loss."""
    book.add(2, lots=(1, 10**9))
    for order_id in range(1, 10):
        book.sell(order_id, 10**9, at=9900, instrument=2)
    assert book.engine.levels(2, SELL, 1) == [(9900, 9 * 10**9, 9)]
    assert book.buy(99, 10**9, at=9900, instrument=2) == [
        "traded #99 x #1 1000000000@9900 TRANSFER left 0|0"
    ]


def test_large_ids(book: Book) -> None:
    """Order ids, accounts and groups use all 63 bits."""
    top = 2**63 - 1
    book.sell(top, 5, at=4000, account=top, group=top)
    book.buy(top - 1, 5, at=4000, account=-top, group=-top)
    (fact,) = book.facts
    assert (fact["maker_order"], fact["maker_account"]) == (top, top)
    assert (fact["taker_order"], fact.account) == (top - 1, -top)


def test_ids_far_apart(book: Book) -> None:
    """Ids spread over the whole range, in no order, are all found again."""
    ids = [2**62, 1, 65_535, 65_536, 2**40 + 1, 131_072, 2**40, 5]
    for order_id in ids:
        book.buy(order_id, 1, at=4000)
    assert book.resting() == [f"#{order_id} 1@4000" for order_id in ids]
    for order_id in ids:
        assert book.cancel(order_id) == [f"cancelled #{order_id} 1@4000 USER"]
    assert book.engine.order_count == 0
