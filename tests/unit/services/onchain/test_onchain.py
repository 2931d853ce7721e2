"""The onchain service on a simulated chain: every trade ends as the chain has it, whatever dies."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.settling import CONFIRMATIONS, HUNDRED, TAKER, scene

from outcry.adapters.memory import MemoryTransactions
from outcry.domain.ids import SUSPENSE, token_asset
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.pending import Outcome
from outcry.messages.chain_requests import ChainReportOp, ChainVerdict
from outcry.ports.chain import SIGNATURE


async def test_a_trade_is_confirmed_after_its_confirmations_and_not_before() -> None:
    """Mined in block 1, believed when block 3 is there: three blocks, its own included."""
    async with scene() as on:
        await on.step()
        trade = await on.trade(1_000)
        await on.step(3)
        for _ in range(CONFIRMATIONS):
            assert on.pending == [(trade, 0)]
            await on.chain.mine()
            await on.step()
        assert on.outcomes() == {(trade, 0): Outcome.CONFIRMED}
        assert on.venue.asset.ledger.chain.cursor == (1, 0)
        assert on.venue.balance(on.ann, token_asset(on.market, 0)) == (1_000, 0)
        await on.agree()


async def test_what_the_chain_would_decline_is_not_sent() -> None:
    """A maker fails in the simulation: that fill comes back, the others settle, as one trade."""
    async with scene() as on:
        trade = await on.trade(100, 200, 300)
        await on.chain.refuse(trade, 1, "allowance revoked")
        await on.finish()
        assert on.outcomes() == {
            (trade, 0): Outcome.CONFIRMED,
            (trade, 1): Outcome.FAILED,
            (trade, 2): Outcome.CONFIRMED,
        }
        assert await on.chain.nonce() == 1
        await on.agree()


async def test_a_taker_who_fails_fails_every_fill() -> None:
    """Nothing of the trade settles, and both sides have everything back."""
    async with scene() as on:
        trade = await on.trade(100, 200)
        await on.chain.refuse(trade, TAKER, "expired")
        await on.finish()
        assert set(on.outcomes().values()) == {Outcome.FAILED}
        assert on.venue.balance(on.ann) == on.venue.balance(on.bob) == (HUNDRED, 0)
        await on.agree()


@pytest.mark.parametrize("blamed", [0, TAKER])
async def test_who_did_not_sign_is_frozen(blamed: int) -> None:
    """The chain says whose signature does not count, and that account meets nobody any more."""
    async with scene() as on:
        trade = await on.trade(100, 200)
        await on.chain.refuse(trade, blamed, SIGNATURE)
        await on.finish()
        bad = on.bob if blamed == TAKER else on.ann
        assert on.venue.asset.ledger.frozen == {bad: SIGNATURE}
        await on.agree()


async def test_what_fails_in_its_block_is_sent_again_without_the_leg() -> None:
    """The maker revokes after the simulation: believed as failed, then the rest settles."""
    async with scene() as on:
        trade = await on.trade(100, 200)
        await on.step(2)
        await on.chain.refuse(trade, 0, "allowance revoked")
        await on.finish()
        assert on.outcomes() == {(trade, 0): Outcome.FAILED, (trade, 1): Outcome.CONFIRMED}
        await on.agree()


async def test_more_makers_than_fit_a_transaction_settle_in_parts() -> None:
    """Twenty-five makers: two transactions of one trade, each fill once."""
    async with scene() as on:
        trade = await on.trade(*([10] * 25))
        await on.finish()
        assert len(on.outcomes()) == 25
        assert await on.chain.nonce() == 2
        assert {one for one, _ in await on.settled()} == {trade}
        await on.agree()


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("depth", [1, 2])
async def test_a_shallow_reorganisation_only_sends_again(depth: int, keep: bool) -> None:
    """Below the confirmations nothing was believed: the trade settles on the other branch."""
    async with scene() as on:
        trade = await on.trade(1_000)
        await on.step(2)
        await on.chain.mine(depth)
        await on.step()
        await on.chain.reorganise(depth, keep=keep)
        assert on.pending == [(trade, 0)]
        await on.finish()
        assert on.outcomes() == {(trade, 0): Outcome.CONFIRMED}
        await on.agree()


async def test_a_deep_reorganisation_is_reported_and_the_service_stands_still() -> None:
    """What was believed and is lost is suspended, both are frozen, and nothing moves any more."""
    async with scene() as on:
        first = await on.trade(1_000)
        await on.finish()
        await on.chain.mine(CONFIRMATIONS)
        await on.step()
        await on.chain.reorganise(15, keep=False)
        await on.step()
        assert on.onchain is not None
        assert on.onchain.status()["halted"]
        assert on.outcomes() == {(first, 0): Outcome.REVERTED}
        ledger = on.venue.asset.ledger
        assert on.venue.balance(SUSPENSE, token_asset(on.market, 0)) == (1_000, 0)
        assert set(ledger.frozen) == {on.ann, on.bob}
        audit(ledger)


async def test_a_deep_reorganisation_that_loses_nothing_goes_on() -> None:
    """The same settlement on the other branch: no verdict changes and the next trade settles."""
    async with scene() as on:
        await on.trade(1_000)
        await on.finish()
        await on.chain.mine(CONFIRMATIONS)
        await on.step()
        await on.chain.reorganise(6, keep=True)
        await on.step()
        await on.trade(500)
        await on.finish()
        assert set(on.outcomes().values()) == {Outcome.CONFIRMED}
        await on.agree()


async def test_a_verdict_that_somebody_else_gave_stops_nothing() -> None:
    """The declined report is told alone; everything else is reported all the same."""
    async with scene() as on:
        first, second = await on.trade(1_000), await on.trade(500)
        await on.step(2)
        verdict = ChainVerdict(first, 0, Outcome.CONFIRMED, "0xhand")
        await on.venue.fund(ChainReportOp(0, [verdict]))
        await on.finish()
        await on.chain.mine(CONFIRMATIONS)
        await on.step(2)
        assert set(on.outcomes()) == {(first, 0), (second, 0)}
        await on.agree()


async def test_losing_every_stored_transaction_costs_a_nonce_never_a_settlement() -> None:
    """Signed again with another nonce, the second transaction fails and is not believed."""
    async with scene() as on:
        trade = await on.trade(1_000)
        await on.step(2)
        on.kept, on.onchain = MemoryTransactions(), None
        await on.finish()
        await on.chain.mine(5)
        await on.step(3)
        assert on.outcomes() == {(trade, 0): Outcome.CONFIRMED}
        await on.agree()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["trade", "mine", "look", "look", "reorganise", "refuse", "wipe"]),
            st.integers(0, 60),
        ),
        min_size=5,
        max_size=30,
    )
)
def test_killed_anywhere_every_trade_ends_as_the_chain_has_it(life: list[tuple[str, int]]) -> None:
    """Kills, failures, shallow reorganisations and a wiped bus in any order: ledger = chain."""
    asyncio.run(_live(life))


async def _live(life: list[tuple[str, int]]) -> None:
    async with scene() as on:
        trades = [await on.trade(10, 20)]
        for what, number in life:
            # Death comes at any call of any port, again and again.
            on.fuse.length = number + 1
            if what == "refuse":
                await on.chain.refuse(trades[number % len(trades)], number % 3 - 1, "so it is")
            elif what == "wipe":
                await on.venue.bus.wipe()
                await on.venue.asset._publishers.keep_generation()
            elif what == "trade":
                trades.append(await on.trade(*range(10, 11 + number % 4)))
            elif what == "mine":
                await on.chain.mine(number % 3 + 1)
            elif what == "look":
                await on.step(number % 3 + 1)
            else:
                await on.chain.reorganise(number % 2 + 1, keep=number % 3 > 0)
        on.fuse.length = -1
        await on.finish()
        await on.agree()
