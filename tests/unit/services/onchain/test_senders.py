"""Two senders with one key, prices, gaps: nothing settles twice, and nothing is left behind."""

from collections.abc import Sequence

from tests.support.settling import CONFIRMATIONS, Scene, scene

from outcry.adapters.memory import MemoryTransactions
from outcry.adapters.simulated_chain import SimulatedChain
from outcry.domain.ledger.pending import Outcome
from outcry.messages.settlements import SettlementRequest
from outcry.ports.chain import Failure, Price
from outcry.services.onchain.config import OnchainConfig
from outcry.services.onchain.parts import LEFT_OUT
from outcry.services.onchain.service import Onchain


async def look(*services: Onchain) -> None:
    """Let each service look around once."""
    for service in services:
        await service._take_requests()
        await service.step()


async def end(on: Scene, *services: Onchain) -> None:
    """Mine and look until nothing is pending; bounded."""
    for _ in range(80):
        await look(*services)
        await on.chain.mine()
        if not on.pending:
            return
    raise AssertionError(f"still pending: {on.pending}")


async def test_two_senders_with_one_key_settle_everything_once_and_one_notices() -> None:
    """Both sign every trade; each is confirmed once, and whoever came too late stands by."""
    async with scene() as on:
        first = await on.another(on.kept)
        second = await on.another(MemoryTransactions())
        for turn in range(6):
            await on.trade(100, 50)
            await look(*((first, second) if turn % 2 else (second, first)))
            await on.chain.mine()
        await end(on, first, second)
        assert set(on.outcomes().values()) == {Outcome.CONFIRMED}
        assert sum(one.status()["others_total"] for one in (first, second)) > 0
        await on.agree()


async def test_a_transaction_whose_nonce_somebody_else_used_is_signed_again() -> None:
    """The other's transaction took the place for a trade of its own: ours goes on with the next."""
    async with scene() as on:
        service = await on.another(on.kept)
        trade = await on.trade(100)
        await look(service)
        (part,) = service._parts.open.values()
        on.chain._blocks._waiting.clear()
        theirs = SettlementRequest(trade + 1, part.request.market_id, part.request.fills)
        await on.chain.send(on.chain.prepare(theirs, (0,), 0).raw)
        await end(on, service)
        assert service.status()["displaced_total"] == service.status()["others_total"] == 1
        assert on.outcomes() == {(trade, 0): Outcome.CONFIRMED}


async def test_what_a_node_says_of_the_block_it_makes_is_no_other_sender() -> None:
    """Its newest block counts our transactions before they are in one: nobody took their place."""
    async with scene() as on:
        service = await on.another(on.kept)
        on.chain._blocks._latency = 1
        await on.chain.mine()
        trade = await on.trade(100)
        await look(service)
        assert await on.chain.used((await on.chain.head()).number) == 1
        await look(service)
        assert service.status()["others_total"] == service.status()["displaced_total"] == 0
        await end(on, service)
        assert on.outcomes() == {(trade, 0): Outcome.CONFIRMED}


async def test_who_stands_by_goes_on_when_the_other_is_gone() -> None:
    """The winner dies with a trade unsettled: the other one settles it after its time."""
    async with scene() as on:
        first = await on.another(on.kept)
        second = await on.another(MemoryTransactions())
        await on.trade(100)
        await look(first)
        await on.chain.mine()
        await look(second)
        assert second.status()["standby"]
        trade = await on.trade(50)
        await look(second)
        assert on.chain._blocks.waiting == 0
        await end(on, second)
        assert on.outcomes()[trade, 0] == Outcome.CONFIRMED
        await on.agree()


async def test_a_settlement_that_was_read_before_its_request_is_found() -> None:
    """The other sender was faster than our stream: the block is behind us, the verdict comes."""
    async with scene() as on:
        slow = await on.another(on.kept)
        fast = await on.another(MemoryTransactions())
        await slow.step()
        trade = await on.trade(100)
        await look(fast)
        await on.chain.mine(CONFIRMATIONS)
        # It reads the block, and does not know the trade.
        await slow.step()
        await end(on, slow)
        assert on.outcomes() == {(trade, 0): Outcome.CONFIRMED}
        await on.agree()


async def test_a_fill_that_the_settlement_left_out_fails() -> None:
    """The other sender dropped a maker before it settled: that maker can never settle any more."""
    async with scene() as on:
        service = await on.another(on.kept)
        trade = await on.trade(100, 50)
        await service._take_requests()
        (part,) = service._parts.open.values()
        await on.chain.send(on.chain.prepare(part.request, (1,), 0).raw)
        await on.chain.mine()
        await end(on, service)
        assert on.outcomes() == {(trade, 0): Outcome.FAILED, (trade, 1): Outcome.CONFIRMED}
        await on.agree()
        assert LEFT_OUT


async def test_what_is_not_mined_in_time_is_replaced_for_a_higher_price() -> None:
    """The same nonce, a new hash: the first transaction is in no block, the second settles."""
    async with scene() as on:
        service = await on.another(on.kept)
        trade = await on.trade(100)
        on.chain._blocks._latency = 1_000
        await look(service)
        (first,) = (await on.kept.load()).transactions
        on.chain._blocks._latency = 1
        for _ in range(3):
            await on.chain.mine()
            await look(service)
        first, second = (await on.kept.load()).transactions
        assert second.nonce == first.nonce
        assert second.max_fee > first.max_fee
        await end(on, service)
        verdict = on.venue.asset.ledger.chain.verdicts[trade, 0]
        assert verdict.tx_hash == second.tx_hash
        assert service.status()["replaced_total"] == 1


async def test_who_cannot_pay_more_says_so_and_sends_the_same_again() -> None:
    """The operator's ceiling: nothing is replaced, and a figure shows it."""
    async with scene() as on:

        async def no_more(before: Price | None = None) -> Price:
            return before or Price(7)

        on.chain.price = no_more  # type: ignore[method-assign]
        service = await on.another(on.kept)
        await on.trade(100)
        on.chain._blocks._latency = 1_000
        await look(service)
        for _ in range(3):
            await on.chain.mine()
            await look(service)
        assert service.status()["price_capped"]
        assert len((await on.kept.load()).transactions) == 1


async def test_a_gap_below_what_waits_is_filled() -> None:
    """The transaction of the lowest nonce was lost for ever: what waits above it settles."""
    async with scene() as on:
        service = await on.another(on.kept)
        await on.trade(100)
        await look(service)
        on.chain._blocks._waiting.clear()
        (lost,) = service._parts.open.values()
        await on.trade(50)
        await look(service)
        lost.transaction, lost.sent_at = None, -1
        del service._parts.open[lost.request.trade_id, 0]
        for _ in range(8):
            await look(service)
            await on.chain.mine()
        assert await on.chain.used((await on.chain.head()).number) >= 1
        assert len(await on.settled()) == 1


async def displaced(on: Scene) -> tuple[Onchain, bytes, int]:
    """Give a service whose transaction for a trade lost its nonce three blocks ago.

    By now the chain would decline the trade. Returns the transaction as well, and the trade.
    """
    config = OnchainConfig(2 * CONFIRMATIONS, poll_ms=1, resend_blocks=2, standby_blocks=0)
    service = await on.another(on.kept, config)
    await on.chain.mine(2 * CONFIRMATIONS)
    trade = await on.trade(100)
    await look(service)
    (ours,) = (await on.kept.load()).transactions
    (part,) = service._parts.open.values()
    on.chain._blocks._waiting.clear()
    theirs = SettlementRequest(trade + 1, part.request.market_id, part.request.fills)
    await on.chain.send(on.chain.prepare(theirs, (0,), 0).raw)
    await on.chain.refuse(trade, 0, "not enough in escrow")
    for _ in range(CONFIRMATIONS):
        await on.chain.mine()
        await look(service)
    return service, ours.raw, trade


async def test_what_lost_its_place_of_late_is_not_said_to_fail() -> None:
    """A reorganisation gives the nonce back, and what was sent first settles: confirmed, once."""
    async with scene() as on:
        service, ours, trade = await displaced(on)
        assert on.pending == [(trade, 0)]
        await on.chain.reorganise(CONFIRMATIONS, keep=False)
        await on.chain.refuse(trade, 0, "")
        await on.chain.send(ours)
        await end(on, service)
        assert on.outcomes() == {(trade, 0): Outcome.CONFIRMED}
        await on.agree()


async def test_what_lost_its_place_for_good_fails() -> None:
    """The block that took it has its confirmations: nothing of it can settle any more."""
    async with scene() as on:
        service, _, trade = await displaced(on)
        await on.chain.mine(CONFIRMATIONS + 1)
        await look(service)
        assert on.outcomes() == {(trade, 0): Outcome.FAILED}


async def test_who_has_not_heard_of_the_last_report_does_not_cover_up_what_it_lost() -> None:
    """The first believed a trade, and its block is gone; the second, who knew of neither, says so.

    Its report of the other branch would have stood above the one that is of none.
    """
    async with scene() as on:
        first = await on.another(on.kept)
        second = await on.another(MemoryTransactions())
        await on.chain.mine(2)
        await look(second)
        trade = await on.trade(100)
        await end(on, first)
        await on.chain.refuse(trade, 0, "no cash")
        await on.chain.reorganise(8, keep=False)
        await on.chain.mine(2)
        await on.trade(50)
        for _ in range(12):
            await look(second)
            await on.chain.mine()
        assert on.outcomes()[trade, 0] == Outcome.REVERTED
        assert second.status()["halted"]


class Small(SimulatedChain):
    """A chain whose node simulates three transactions at once."""

    async def simulate(self, transactions: Sequence[bytes]) -> list[Failure | None]:
        """Return what would become of the first three."""
        return (await super().simulate(transactions))[:3]


async def test_what_is_more_than_a_node_simulates_at_once_goes_next() -> None:
    """Eight trades, three at a time: each is simulated before it is sent, and all settle."""
    async with scene() as on:
        on.chain = Small()
        await on.chain.mine(2)
        service = await on.another(on.kept)
        trades = [await on.trade(10) for _ in range(8)]
        await on.chain.refuse(trades[4], 0, "no cash")
        sent = []
        for _ in range(4):
            await look(service)
            sent.append(service.status()["sent_total"])
        assert sent == [3, 5, 7, 7]
        await end(on, service)
        failed = [key for key, outcome in on.outcomes().items() if outcome == Outcome.FAILED]
        assert failed == [(trades[4], 0)]
        await on.agree()
