"""What a gateway of an exchange tells besides answers: public books, and copies for who watches."""

import asyncio
from collections.abc import Sequence

import pytest
from tests.support.tcp_door import Raw, venue
from tests.support.tcp_records import framed, place

from outcry.ports.projection import MarketRow, TablesUnavailable
from outcry.services.gateway.door import public
from outcry_wire import tcp
from outcry_wire.records import InstrumentState, RecordType
from outcry_wire.rejects import Reject
from outcry_wire.tcp import Feed, Message


ALL = Feed.TOP | Feed.LEVELS | Feed.TRADES


def asked(kind: Message, market: int, feeds: int) -> bytes:
    """Return a frame with SUBSCRIBE or UNSUBSCRIBE."""
    return tcp.frame(tcp.SUBSCRIBE.pack(kind, 0, tcp.SUBSCRIBE.size, market, 0, 0, 0, feeds))


async def until(raw: Raw, wanted: Message) -> list[bytes]:
    """Return records up to the first of that kind."""
    found: list[bytes] = []
    while not found or found[-1][0] != wanted:
        found += await raw.records(1)
    return found


def levels(records: Sequence[bytes]) -> dict[tuple[int, int], int]:
    """Return lots by side and price as the LEVEL records leave them."""
    book: dict[tuple[int, int], int] = {}
    for record in records:
        if record[0] == Message.LEVEL:
            _, price, lots, orders, side, is_snapshot = tcp.LEVEL.unpack(record)[7:]
            assert orders == 0
            book = {} if is_snapshot else book
            book[side, price] = lots
    return {key: lots for key, lots in book.items() if lots}


async def test_the_public_feed_leads_to_the_book_as_it_is() -> None:
    """A snapshot, then changes and fills; nothing behind UNSUBSCRIBE, nor kept of who left."""
    async with venue() as exchange:
        detail = await exchange.door.event(tick_size="0.01")
        market = detail["markets"][0]["market_id"]
        maker, taker = await exchange.raw(), await exchange.raw()
        await maker.log_on(await exchange.key("ann"))
        await taker.log_on(await exchange.key("bob"))
        maker.writer.write(framed(place(1, 1, instrument=market, price=4000, qty=700)))
        await exchange.door.books_show(market)
        watcher = await exchange.raw()
        await watcher.log_on(await exchange.key("eve"))
        watcher.writer.write(asked(Message.SUBSCRIBE, 999_999, ALL))
        (refused,) = await watcher.records(1)
        assert tcp.MESSAGE_REFUSED.unpack(refused)[7] == Reject.INSTRUMENT_UNKNOWN
        watcher.writer.write(asked(Message.SUBSCRIBE, market, ALL))
        present = await until(watcher, Message.DONE)
        assert levels(present) == {(0, 4000): 700}
        assert tcp.TOP.unpack(present[0])[8:] == (4000, 700, 0, 0)
        # Bob buys NO at 0.60: a bid of ann's at 0.40 and he make a pair.
        taker.writer.write(framed(place(1, 1, instrument=market, outcome=1, price=4000, qty=300)))
        told = await until(watcher, Message.TRADE)
        trade = tcp.TRADE.unpack(told[-1])
        assert (trade[3], *trade[8:]) == (market, 4000, 300, 0, 1, 1)
        while levels([*present, *told]) != {(0, 4000): 400}:
            told += await watcher.records(1)
        updates = [tcp.LEVEL.unpack(one)[7] for one in [*present, *told] if one[0] == Message.LEVEL]
        assert updates == sorted(set(updates))
        watcher.writer.write(asked(Message.UNSUBSCRIBE, market, ALL))
        await until(watcher, Message.DONE)
        maker.writer.write(framed(place(2, 2, instrument=market, price=3900)))
        await until(maker, RecordType.ORDER_PLACED)  # type: ignore[arg-type]
        watcher.writer.write(asked(Message.UNSUBSCRIBE, market, ALL))
        (refused,) = await watcher.records(1)
        assert tcp.MESSAGE_REFUSED.unpack(refused)[7] == Reject.NOT_SUBSCRIBED
        books = exchange.door.books
        assert books.status()["subscriptions"] == 0
        watcher.writer.write(asked(Message.SUBSCRIBE, market, Feed.TRADES))
        await until(watcher, Message.DONE)
        assert books.status()["subscriptions"] == 1
        for raw in (maker, taker, watcher):
            raw.writer.close()
        async with asyncio.timeout(60):
            while books.status()["subscriptions"]:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)


async def test_subscribers_hear_that_a_market_is_halted_and_open_again() -> None:
    """With its terms, and the state that its book has now."""
    async with venue() as exchange:
        door = exchange.door
        market = (await door.event(tick_size="0.01"))["markets"][0]["market_id"]
        watcher, other = await exchange.raw(), await exchange.raw()
        await watcher.log_on(await exchange.key("eve"))
        await other.log_on(await exchange.key("ann"))
        other.writer.write(framed(place(1, 1, instrument=market, price=4000)))
        await door.books_show(market)
        watcher.writer.write(asked(Message.SUBSCRIBE, market, Feed.TRADES))
        await until(watcher, Message.DONE)
        for move, state in (
            ("pause", InstrumentState.HALTED),
            ("resume", InstrumentState.OPEN),
        ):
            await door.post(f"/api/admin/markets/{market}/{move}", {}, door.as_admin())
            told = tcp.INSTRUMENT.unpack((await until(watcher, Message.INSTRUMENT))[-1])
            assert (told[3], told[8]) == (market, state)
        watcher.writer.close()
        other.writer.close()


async def test_what_fails_in_the_feed_costs_no_news_and_does_not_end_the_door(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A halt is told once the tables answer and have the market; a fault of a look is survived."""
    monkeypatch.setattr(public, "FAULT_SECONDS", 0.05)
    async with venue() as exchange:
        door, feed = exchange.door, exchange.gateway._public
        market = (await door.event(tick_size="0.01"))["markets"][0]["market_id"]
        watcher, other = await exchange.raw(), await exchange.raw()
        await watcher.log_on(await exchange.key("eve"))
        await other.log_on(await exchange.key("ann"))
        other.writer.write(framed(place(1, 1, instrument=market, price=4000)))
        await door.books_show(market)
        watcher.writer.write(asked(Message.SUBSCRIBE, market, Feed.TRADES))
        await until(watcher, Message.DONE)
        find, publish, faults = feed._directory.find_market, feed._feed.publish, list[str]()

        async def find_market(market_id: int) -> MarketRow | None:
            faults.append("states")
            if faults.count("states") == 1:
                raise TablesUnavailable("away")
            return None if faults.count("states") == 2 else await find(market_id)

        def publish_later(time_us: int) -> None:
            if "books" not in faults:
                faults.append("books")
                raise RuntimeError("a defect")
            publish(time_us)

        monkeypatch.setattr(feed._directory, "find_market", find_market)
        monkeypatch.setattr(feed._feed, "publish", publish_later)
        await door.post(f"/api/admin/markets/{market}/pause", {}, door.as_admin())
        told = tcp.INSTRUMENT.unpack((await until(watcher, Message.INSTRUMENT))[-1])
        assert (told[3], told[8]) == (market, InstrumentState.HALTED)
        assert sorted(faults) == ["books", "states", "states", "states"]
        watcher.writer.close()
        other.writer.close()


async def test_a_drop_copy_hears_everything_and_commands_nothing() -> None:
    """A key that may only read is enough for it, and it takes no session from anybody."""
    async with venue() as exchange:
        detail = await exchange.door.event(tick_size="0.01")
        market = detail["markets"][0]["market_id"]
        trading = await exchange.key("ann")
        reading = await exchange.key("ann", "read")
        trader, copy = await exchange.raw(), await exchange.raw()
        await trader.log_on(trading)
        assert (await copy.log_on(reading, drop_copy=True))[0] == Message.LOGON_ACCEPTED
        trader.writer.write(framed(place(1, 1, instrument=market, price=4000)))
        own = await trader.records(2)
        assert (await copy.records(1))[0] == own[1]
        copy.writer.write(framed(place(1, 2, instrument=market, price=4000)))
        refused = tcp.MESSAGE_REFUSED.unpack((await copy.records(1))[0])
        assert refused[7:] == (Reject.SCOPE_MISSING, RecordType.PLACE_ORDER)
        trader.writer.write(framed(place(2, 2, instrument=market, price=3900)))
        assert [record[0] for record in await trader.records(2)] == [Message.ACCEPTED, 64]
        trader.writer.close()
        copy.writer.close()
