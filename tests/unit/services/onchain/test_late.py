"""What comes too late: a transaction for a settled part, a request that no stream shows."""

from outcry.adapters.memory import MemoryBus, MemoryLedgerLog, MemoryTransactions
from outcry.adapters.simulated_chain import SimulatedChain
from outcry.messages.entry import ENTRY_VERSION, Entry, pack_entry
from outcry.messages.settlements import SettlementFill, SettlementParty, SettlementRequest
from outcry.ports.chain import SETTLED
from outcry.services.onchain.config import OnchainConfig
from outcry.services.onchain.news import News
from outcry.services.onchain.parts import Parts
from outcry.services.onchain.sending import Sender
from outcry.services.onchain.service import Onchain


def request_of(trade_id: int, market_id: int = 1) -> SettlementRequest:
    """Return a request for one fill."""
    ann, bob = SettlementParty(1, 1_000, 0, 0, 0), SettlementParty(2, 1_001, 1, 0, 0)
    return SettlementRequest(trade_id, market_id, [SettlementFill(0, 1, 6_000, 10, ann, bob)])


async def scene() -> tuple[SimulatedChain, Parts]:
    """Return a chain on which somebody else has settled trade 7, and parts that do not know it."""
    chain, parts, request = SimulatedChain(), Parts(), request_of(7)
    for nonce in (0, 1):
        await chain.send(chain.prepare(request, (0,), nonce).raw)
    await chain.mine(2)
    parts.request(1, [request])
    return chain, parts


async def test_what_is_settled_is_neither_sent_nor_failed() -> None:
    """The chain would decline a further transaction, and the ledger must not give anything back."""
    chain, parts = await scene()
    kept = MemoryTransactions()
    sender = Sender(chain, kept, News(MemoryBus()), OnchainConfig())
    await sender.look(parts, 2)
    assert await sender.send_new(parts, 2) == []
    assert (await kept.load()).transactions == []
    (part,) = parts.open.values()
    assert part.mined is not None
    assert part.mined.failure is None


async def test_the_event_that_settled_counts_and_the_late_one_does_not() -> None:
    """Also for who reads only the second: a part without the first waits, and has not failed."""
    chain, parts = await scene()
    settled, late = await chain.events(await chain.blocks(0, 2))
    assert late.failure is not None
    assert late.failure.reason == SETTLED
    (part,) = parts.open.values()
    parts.mined(late)
    assert part.mined is None
    parts.mined(settled)
    parts.mined(late)
    assert part.mined == settled


async def test_a_request_that_the_stream_never_showed_is_found_in_the_log() -> None:
    """A stream without requests is hardly written to: its silence says nothing, the log does."""
    log = MemoryLedgerLog()
    epoch = (await log.open(0)).epoch
    onchain = Onchain(
        OnchainConfig(poll_ms=0), bus=MemoryBus(), log=log, asset=None,  # type: ignore[arg-type]
        chain=SimulatedChain(), transactions=MemoryTransactions(),
    )  # fmt: skip
    await onchain.start()
    body = pack_entry(Entry(ENTRY_VERSION, 0, [], [], [request_of(7)]))
    await log.append(epoch, 2, 0, body, [])
    onchain._looked_at = float("-inf")
    await onchain._take_requests()
    assert onchain.status()["open"] == 1


async def test_what_somebody_else_settled_counts_only_if_it_is_what_is_asked() -> None:
    """The same number with other content was another trade: nothing is confirmed by it."""
    chain, _ = await scene()
    for market_id, halted in ((1, 0), (2, 1)):
        for late in (False, True):
            log = MemoryLedgerLog()
            epoch = (await log.open(0)).epoch
            onchain = Onchain(
                OnchainConfig(confirmations=100, poll_ms=0), bus=MemoryBus(), log=log,
                asset=None, chain=chain, transactions=MemoryTransactions(),  # type: ignore[arg-type]
            )  # fmt: skip
            asked = request_of(7, market_id)
            if not late:
                body = pack_entry(Entry(ENTRY_VERSION, 0, [], [], [asked]))
                await log.append(epoch, 2, 0, body, [])
            await onchain.start()
            await onchain.step()
            if late:  # the block was read before there was a request
                onchain._parts.request(1, [asked])
                await onchain.step()
            (part,) = onchain._parts.open.values()
            assert (part.mined is None) == bool(halted)
            assert onchain.status()["halted"] == halted
