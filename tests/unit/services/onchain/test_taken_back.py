"""Trades that a deep reorganisation took back, where contracts keep the funds: what comes back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from tests.support.escrow import Contract, on_chain
from tests.support.settling import CONFIRMATIONS, Scene
from tests.support.venue import limit

from outcry.domain.ids import trade_id
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.pending import Outcome
from outcry.messages.chain_requests import FreezeOp
from outcry.services.onchain.requests import requests_of
from outcry_wire.records import Side


HUNDRED = 100_000_000


@asynccontextmanager
async def settled() -> AsyncIterator[tuple[Scene, int]]:
    """Give a ledger on contracts with a trade that is believed."""
    async with on_chain().running() as venue:
        contract, on = Contract(venue), Scene(venue)
        on.ann, on.bob = await contract.funded(7, HUNDRED), await contract.funded(8, HUNDRED)
        on.market = await contract.registered()
        await venue.placed(contract.signed(limit(on.ann, on.market, Side.BUY, 6_000, 100), 7))
        taker = limit(on.bob, on.market, Side.BUY, 4_000, 100, outcome=1)
        accepted = await venue.placed(contract.signed(taker, 8))
        await on.chain.mine(2)
        await on.finish()
        await on.chain.mine(CONFIRMATIONS)
        await on.step()
        yield on, trade_id(0, accepted.update_id)


async def raws_of(on: Scene) -> list[bytes]:
    """Return everything that is on the chain."""
    return [raw for mined in on.chain._blocks._blocks for raw in mined.raws]


async def test_what_is_mined_again_after_it_was_taken_back_is_confirmed_again() -> None:
    """Its transaction waited somewhere: people let the service go on, and it is exchanged once."""
    async with settled() as (on, trade):
        raws = await raws_of(on)
        await on.chain.reorganise((await on.chain.head()).number - 1, keep=False)
        await on.step()
        assert on.outcomes() == {(trade, 0): Outcome.REVERTED}
        ledger = on.venue.asset.ledger
        assert on.venue.balance(on.ann)[0] == HUNDRED
        for account in list(ledger.frozen):
            await on.venue.fund(FreezeOp(0, account, False, "looked"))
        await on.restart()
        await on.chain.send(*raws)
        for _ in range(CONFIRMATIONS + 1):
            await on.chain.mine()
            await on.step()
        assert on.outcomes() == {(trade, 0): Outcome.CONFIRMED}
        assert on.venue.balance(on.ann)[0] == HUNDRED - 600_000
        audit(ledger)
        await on.agree()


@pytest.mark.parametrize("asked", [True, False])
async def test_another_transaction_on_the_other_branch_counts_if_it_says_what_was_asked(
    asked: bool,
) -> None:
    """Under the number of the trade: the same orders are kept, others stand still."""
    async with settled() as (on, trade):
        (request,) = (await requests_of(on.venue.log, [(trade, 0)])).values()
        if not asked:
            request = replace(request, market_id=request.market_id + 1)
        theirs = on.chain.prepare(request, (0,), 0, await on.chain.price(await on.chain.price()))
        await on.chain.reorganise((await on.chain.head()).number - 1, keep=False)
        await on.chain.send(theirs.raw)
        await on.chain.mine(CONFIRMATIONS)
        await on.step(3)
        assert on.outcomes() == {(trade, 0): Outcome.CONFIRMED}
        assert on.onchain is not None
        assert on.onchain.status()["halted"] == (not asked)


async def test_a_settlement_of_a_fill_that_is_known_no_more_stops_the_service_once() -> None:
    """Ledger and escrow differ by it: people look, and who starts again goes on."""
    async with settled() as (on, trade):
        raws = await raws_of(on)
        await on.chain.reorganise((await on.chain.head()).number - 1, keep=False)
        await on.step()
        del on.venue.asset.ledger.chain.verdicts[trade, 0]
        await on.restart()
        await on.chain.send(*raws)
        for _ in range(CONFIRMATIONS + 1):
            await on.chain.mine()
            await on.step()
        assert on.onchain is not None
        assert on.onchain.status()["halted"] == 1
        await on.restart()
        await on.step(2)
        assert on.onchain.status()["halted"] == 0
