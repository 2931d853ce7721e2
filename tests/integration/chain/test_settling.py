"""Trades of an exchange on a real EVM: the contract has what the ledger has, whatever happens."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contracts.needs import needs_anvil, needs_tokens
from tests.support.playing import CONFIRMATIONS, Play, play
from tests.support.venue import limit

from outcry.adapters.evm.abi import address_of
from outcry.adapters.evm.chain import EvmChain, EvmTerms
from outcry.adapters.evm.devnet import CHAIN_ID
from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.wire import read_transaction
from outcry.domain.ids import token_asset
from outcry.domain.ledger.pending import Outcome
from outcry.ports.chain import NOBODY
from outcry_wire.records import Side


pytestmark = [needs_anvil, needs_tokens]
BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Play]:
    """Give a play."""
    async with play(tmp_path) as made:
        yield made


async def test_mint_transfer_and_merge_settle_with_fees_to_the_micro(on: Play) -> None:
    """Of the three kinds of match one each, fees and rebates taken: both sides of it are equal."""
    version = await on.fees()
    market = await on.market(fee_version=version)
    ann, bob, carl = [await on.person(name) for name in ("ann", "bob", "carl")]
    await on.order(ann, market, BUY, 6_100, 1_000)
    await on.order(bob, market, BUY, 3_900, 1_000, outcome=1)
    await on.finish()
    await on.order(carl, market, BUY, 6_300, 333)
    await on.order(ann, market, SELL, 6_200, 333)
    await on.finish()
    await on.order(ann, market, SELL, 5_500, 400)
    await on.order(bob, market, SELL, 4_400, 400, outcome=1)
    await on.finish()
    assert set(on.outcomes().values()) == {Outcome.CONFIRMED}
    assert on.venue.balance(carl, token_asset(market, 0))[0] == 333
    assert await on.stage.escrow(on.stage.fees) > 0
    await on.agree()


async def test_orders_of_both_generations_meet(on: Play) -> None:
    """A version 2 taker against a version 1 maker, and the other way round."""
    market = await on.market()
    ann, bob = await on.person("ann"), await on.person("bob")
    for first, second in ((1, 2), (2, 1)):
        await on.order(ann, market, BUY, 6_000, 100, version=first)
        await on.order(bob, market, BUY, 4_000, 100, outcome=1, version=second)
    await on.finish()
    assert set(on.outcomes().values()) == {Outcome.CONFIRMED}
    await on.agree()


async def test_one_order_takes_twenty_five_makers_in_two_transactions(on: Play) -> None:
    """Two parts of one trade, each settled once, all fills confirmed."""
    market = await on.market()
    ann, bob = await on.person("ann"), await on.person("bob")
    for _ in range(25):
        await on.order(ann, market, BUY, 6_000, 10)
    trade = await on.order(bob, market, BUY, 4_000, 250, outcome=1)
    await on.finish()
    assert sorted(on.outcomes()) == [(trade, fill) for fill in range(25)]
    assert await on.stage.nonce() == 2
    await on.agree()


async def test_a_maker_without_backing_is_dropped_and_the_others_settle(on: Play) -> None:
    """The contract says which leg; that fill fails with its sentence, the rest is one trade."""
    market = await on.market()
    ann, bob = await on.person("ann"), await on.person("bob")
    poor = await on.venue.user("poor", 10**9)
    on.people[poor] = await on.stage.person("poor", 0)
    await on.order(ann, market, BUY, 6_000, 100)
    await on.order(poor, market, BUY, 6_000, 100)
    await on.order(ann, market, BUY, 6_000, 50)
    trade = await on.order(bob, market, BUY, 4_000, 250, outcome=1)
    await on.finish()
    outcomes = [on.outcomes()[trade, fill] for fill in range(3)]
    assert outcomes == [Outcome.CONFIRMED, Outcome.FAILED, Outcome.CONFIRMED]
    del on.people[poor]
    await on.agree()


async def test_an_order_without_a_signature_fails_alone(on: Play) -> None:
    """No transaction can be made of it: its trade fails with a reason, another settles."""
    market = await on.market()
    ann, bob = await on.person("ann"), await on.person("bob")
    for account, price, outcome in ((ann, 6_000, 0), (bob, 4_000, 1)):
        asked = limit(account, market, BUY, price, 10, outcome=outcome)
        await on.venue.placed(asked)
    await on.order(ann, market, BUY, 6_000, 100)
    trade = await on.order(bob, market, BUY, 4_000, 100, outcome=1)
    await on.finish()
    assert on.outcomes()[trade, 0] == Outcome.CONFIRMED
    assert sorted(on.outcomes().values()) == [Outcome.FAILED, Outcome.CONFIRMED]
    await on.agree()


async def test_a_paused_contract_delays_and_fails_nothing(on: Play) -> None:
    """Nobody in the trade is to blame: it waits, and settles when the contract goes on."""
    market = await on.market()
    ann, bob = await on.person("ann"), await on.person("bob")
    await on.stage.do("setPaused", True)
    await on.order(ann, market, BUY, 6_000, 100)
    await on.order(bob, market, BUY, 4_000, 100, outcome=1)
    await on.first.look(3)
    assert on.first.waits
    assert len(on.pending) == 1
    await on.stage.do("setPaused", False)
    await on.finish()
    await on.agree()


@pytest.mark.parametrize("depth", [1, 2])
async def test_a_shallow_reorganisation_only_sends_again(on: Play, depth: int) -> None:
    """The blocks are gone and the node forgot their transactions: the trade settles again."""
    market = await on.market()
    ann, bob = await on.person("ann"), await on.person("bob")
    await on.order(ann, market, BUY, 6_000, 100)
    await on.order(bob, market, BUY, 4_000, 100, outcome=1)
    await on.first.look()
    await on.stage.mine(depth)
    await on.first.look()
    await on.stage.reorganise(depth)
    await on.finish()
    assert set(on.outcomes().values()) == {Outcome.CONFIRMED}
    await on.agree()


async def test_a_deep_reorganisation_stops_the_service(on: Play) -> None:
    """What was believed is gone: suspended and told, and nothing is sent any more."""
    market = await on.market()
    ann, bob = await on.person("ann"), await on.person("bob")
    await on.order(ann, market, BUY, 6_000, 100)
    await on.order(bob, market, BUY, 4_000, 100, outcome=1)
    await on.finish()
    await on.stage.mine(CONFIRMATIONS)
    await on.first.look()
    await on.stage.reorganise(CONFIRMATIONS + 6)
    await on.first.look()
    assert on.first.service is not None
    assert on.first.service.status()["halted"]
    assert set(on.outcomes().values()) == {Outcome.REVERTED}


async def test_what_nobody_is_to_blame_for_is_signed_again(on: Play) -> None:
    """Mined while the contract was paused: the transaction failed, its trade did not."""
    market = await on.market()
    ann, bob = await on.person("ann"), await on.person("bob")
    await on.order(ann, market, BUY, 6_000, 100)
    await on.order(bob, market, BUY, 4_000, 100, outcome=1)
    await on.first.look()
    raws = await on.stage.waiting()
    await on.stage.drop_waiting()
    await on.stage.do("setPaused", True)
    chain = on.stage.chain()
    await chain.send(*raws)
    await on.stage.mine()
    await chain.close()
    (failed,) = await on.events()
    assert failed.failure is not None
    assert failed.failure.leg == NOBODY
    await on.stage.do("setPaused", False)
    await on.finish()
    assert set(on.outcomes().values()) == {Outcome.CONFIRMED}
    assert await on.stage.nonce() == 2
    await on.agree()


async def test_a_batch_is_simulated_within_the_gas_that_a_node_gives(on: Play) -> None:
    """Of three transactions the first two come to the limit; one alone is always simulated."""
    market = await on.market()
    ann, bob = await on.person("ann"), await on.person("bob")
    for _ in range(3):
        await on.order(ann, market, BUY, 6_000, 100)
        await on.order(bob, market, BUY, 4_000, 100, outcome=1)
    await on.first.look()
    raws = await on.stage.waiting()
    await on.stage.drop_waiting()
    gas = [read_transaction(raw).gas for raw in raws]
    for most, count in ((sum(gas), 3), (sum(gas) - 1, 2), (1, 1)):
        terms = EvmTerms(CHAIN_ID, address_of(on.stage.deployment.settlement), simulated_gas=most)
        async with Rpc(on.stage.node.url) as rpc:
            found = await EvmChain(rpc, on.stage.operator, terms).simulate(raws)
        assert found == [None] * count
