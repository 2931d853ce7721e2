"""What keeps an exchange from settling is said at the start, in sentences."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contracts.needs import needs_anvil, needs_tokens
from tests.support.stage import Stage, stage

from outcry.adapters.evm.abi import address_of
from outcry.adapters.evm.checks import problems
from outcry.adapters.evm.devnet import CHAIN_ID, signer
from outcry.adapters.evm.rpc import Rpc
from outcry.ports.chain import ChainUnavailable


pytestmark = [needs_anvil, needs_tokens]


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Stage]:
    """Give a stage."""
    async with stage(tmp_path) as made:
        yield made


async def said(on: Stage, **changed: object) -> str:
    """Return what is wrong, all in one."""
    terms = {
        "chain_id": CHAIN_ID,
        "settlement": address_of(on.deployment.settlement),
        "operator": on.operator.address,
        **changed,
    }
    return "; ".join(await problems(on.rpc, **terms))  # type: ignore[arg-type]


async def test_a_chain_that_is_as_it_should_be_is_fine(on: Stage) -> None:
    """Nothing is wrong, and nothing is said."""
    assert await said(on) == ""


async def test_each_thing_that_is_wrong_has_its_sentence(on: Stage) -> None:
    """Chain, contract, its version, the operator, gas money, the clock, a paused contract."""
    assert f"is of chain {CHAIN_ID}" in await said(on, chain_id=1)
    assert "no contract at" in await said(on, settlement=b"\x01" * 20)
    assert "another one" in await said(on, settlement=address_of(on.deployment.collateral))
    stranger = await said(on, operator=signer("stranger").address)
    assert "is no operator" in stranger
    assert "nothing to pay for gas" in stranger
    assert "ahead of this machine's" in await said(on, clock=lambda: 0.0)
    await on.do("setPaused", True)
    assert "is paused" in await said(on)


async def test_a_node_that_does_not_answer_is_unavailable(on: Stage) -> None:
    """That is no wrong setting: whoever asks may wait."""
    on.node.kill()
    async with Rpc(on.node.url, attempts_max=1) as rpc:
        with pytest.raises(ChainUnavailable):
            await problems(rpc, CHAIN_ID, b"\x01" * 20, on.operator.address)
