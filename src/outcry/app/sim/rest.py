"""Whether everything has come to rest: every part stands at the end of the log."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from outcry.app.sim.chain import settled_on
from outcry.app.sim.contracts import Contracts
from outcry.app.sim.layout import Grounds
from outcry.app.sim.lines import at_once
from outcry.app.sim.listener import Listener
from outcry.app.sim.process import Process
from outcry.domain.ledger.escrow import Stage
from outcry.domain.ledger.pending import Outcome
from outcry.domain.ledger.state import Ledger
from outcry.runtime.books import LiveBooks
from outcry.runtime.service import Service
from outcry.services.asset.service import AssetService
from outcry.services.depth.service import Depth
from outcry.services.match_engine.service import MatchEngine
from outcry.services.onchain.escrow import EscrowDesk


ServiceT = TypeVar("ServiceT", bound=Service)


def of_kind(processes: Mapping[str, Process], kind: type[ServiceT]) -> list[ServiceT]:
    """Return the services of *kind* in *processes*, by shard where there are several."""
    return [
        service
        for process in processes.values()
        for service in process.services
        if isinstance(service, kind)
    ]


def writer(processes: Mapping[str, Process], doubles: Sequence[Process]) -> AssetService | None:
    """Return the ledger that writes."""
    serving = [one for one in (*processes.values(), *doubles) if "asset" in one.serving]
    newest = max(serving, key=lambda process: process.epoch, default=None)
    found = newest.serving["asset"] if newest else None
    return found if isinstance(found, AssetService) else None


def halted(processes: Mapping[str, Process]) -> list[str]:
    """Return the processes that stand still until somebody starts them again."""
    return [
        process.name
        for process in processes.values()
        if any(service.status().get("halted") for service in process.serving.values())
    ]


def _with(asset: AssetService, outcome: Outcome) -> set[tuple[int, int]]:
    """Return the fills of which the ledger was told so."""
    verdicts = asset.ledger.chain.verdicts
    return {key for key, verdict in verdicts.items() if verdict.outcome == outcome}


def _escrow(
    processes: Mapping[str, Process], ledger: Ledger, chain: Contracts
) -> dict[str, tuple[object, object]]:
    """Return how far escrow is: everything that happened is believed, everything asked is done."""
    said = at_once(chain.escrow.happened(at_once(chain.escrow.blocks(0, 2**31))))
    newest = max((one.block for one in said), default=0)
    desk = of_kind(processes, EscrowDesk)[0].status()
    stages, markets = ledger.chain.stages, ledger.markets.values()
    # What was voided before the contracts knew it has nothing to redeem there.
    paid = {one.market_id for one in markets if any(one.payout) and one.market_id in stages}
    listed = {one.market_id for one in markets if not any(one.payout)}
    return {
        "escrow": (min(desk["believed_block"], newest), newest),
        "deeds": (chain.escrow.waiting, 0),
        "jobs": (desk["waiting"], 0),
        "operations": (len(ledger.chain.operations), 0),
        "redeemed": ({one for one in paid if stages[one] == Stage.REDEEMED}, paid),
        "listed": ({one for one in listed if stages.get(one)}, listed),
    }


def where(
    processes: Mapping[str, Process], doubles: Sequence[Process], grounds: Grounds
) -> dict[str, object]:
    """Return what is not at the end, with where it stands; nothing when all is at rest."""
    asset = writer(processes, doubles)
    if asset is None or not all(process.alive for process in processes.values()):
        return {"dead": [name for name, process in processes.items() if not process.alive]}
    head = at_once(grounds.log.head())
    # What was suspended, and is mined again, stays so where the chain does not keep the funds.
    given_up = set() if asset.ledger.chain.home else _with(asset, Outcome.REVERTED)
    places: dict[str, tuple[object, object]] = {
        "tables": (at_once(grounds.tables.position()), head),
        "listener": (next(iter(of_kind(processes, Listener))).position, head),
        "user_events": (at_once(grounds.bus.tail("user_events")), head),
        "ledger": (asset.ledger.n, head),
        "pending": (len(asset.ledger.chain.pending), 0),
        "halted": (halted(processes), []),
        "settled": (_with(asset, Outcome.CONFIRMED), settled_on(grounds.chain) - given_up),
    }
    if isinstance(grounds.chain, Contracts):
        places |= _escrow(processes, asset.ledger, grounds.chain)
    books = next(iter(of_kind(processes, LiveBooks)))
    engines, depths = of_kind(processes, MatchEngine), of_kind(processes, Depth)
    for number, shard in sorted(asset.ledger.shards.items()):
        end = shard.numbered
        places |= {
            f"applied:{number}": (shard.applied, end),
            f"logged:{number}": (at_once(grounds.log.applied(number)), end),
            f"engine:{number}": (engines[number].kernel.seq, end),
            f"depth:{number}": (depths[number].levels.seq, end),
            f"books:{number}": (books.position(number), end),
            f"commands:{number}": (at_once(grounds.bus.tail(f"commands:{number}")), end),
        }
    return {name: place for name, place in places.items() if place[0] != place[1]}
