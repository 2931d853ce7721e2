"""What happens to the chain of a world by itself.

Blocks come all the time; some of them are replaced, in some worlds more than are waited for.
"""

import asyncio
from random import Random
from typing import Final

from outcry.app.sim.archivist import rows_after
from outcry.app.sim.chain import CONFIRMATIONS, outcome_of
from outcry.app.sim.contracts import Contracts
from outcry.app.sim.layout import Grounds
from outcry.app.sim.lines import at_once
from outcry.app.sim.trace import Trace
from outcry.domain.ledger.pending import Outcome
from outcry.messages.entry import Entry, Recorded, unpack_entry
from outcry.messages.ledger_records import AddMarket
from outcry.messages.settlements import SettlementRequest


BLOCK_SECONDS: Final = 0.08
REORGANISED_SHARE: Final = 0.05
SHALLOW: Final = (1, CONFIRMATIONS - 1)
#: Of all worlds, those in which some go deeper; of the blocks there, those that do, and how deep.
DEEP_WORLDS_SHARE: Final = 0.4
DEEP_SHARE: Final = 0.07
DEPTH_MAX: Final = 16
#: Of what waits again after a reorganisation, each so many-th thing is lost; 0: nothing.
WITHOUT: Final = (0, 0, 2, 3)


class Nature:
    """Adds blocks and replaces some."""

    def __init__(self, seed: int, grounds: Grounds, chance: Random, trace: Trace) -> None:
        self._seed = seed
        self._grounds = grounds
        self._chance = chance
        self._trace = trace
        self._n = 0
        self._deep_share = DEEP_SHARE if chance.random() < DEEP_WORLDS_SHARE else 0.0

    def calm(self) -> None:
        """From now on nothing is replaced that was believed."""
        self._deep_share = 0.0

    async def run(self) -> None:
        """Add a block now and then, and replace some, until cancelled."""
        while True:
            await asyncio.sleep(self._chance.uniform(0, 2 * BLOCK_SECONDS))
            self._read_log()
            deep = self._chance.random() < self._deep_share
            if deep or self._chance.random() < REORGANISED_SHARE:
                self._reorganise((CONFIRMATIONS, DEPTH_MAX) if deep else SHALLOW)
            at_once(self._grounds.chain.mine())

    def _reorganise(self, depths: tuple[int, int]) -> None:
        depth, keep = self._chance.randint(*depths), self._chance.random() < 1 / 2
        without = self._chance.choice(WITHOUT)
        self._trace.note(
            "chain", f"reorganised {depth} deep, transactions kept: {keep}, without {without}"
        )
        chain = self._grounds.chain
        if isinstance(chain, Contracts):
            at_once(chain.replace(depth, keep=keep, without=without))
        else:
            at_once(chain.reorganise(depth, keep=keep))

    def _read_log(self) -> None:
        """Take in what the chain must know before anybody can ask it for something."""
        for row in rows_after(self._grounds.log, self._grounds.archive, self._n):
            if row.body:
                self._take(unpack_entry(row.body))
        self._n = len(self._grounds.log.rows)

    def _take(self, entry: Entry) -> None:
        chain = self._grounds.chain
        for request in entry.settlements:
            self._refuse(request)
            if isinstance(chain, Contracts):
                chain.requests[request.trade_id] = request
        if isinstance(chain, Contracts):
            for item in entry.items:
                if isinstance(item, Recorded) and isinstance(item.record, AddMarket):
                    tokens = (item.record.token_0, item.record.token_1)
                    names = {item.record.condition_id: tokens, str(item.record.market_id): tokens}
                    chain.escrow.vault.tokens.update(names)

    def _refuse(self, request: SettlementRequest) -> None:
        """Let fail what shall, before anybody can have settled it."""
        for fill in request.fills:
            if outcome_of(self._seed, request.trade_id, fill.fill) == Outcome.FAILED:
                at_once(self._grounds.chain.refuse(request.trade_id, fill.fill, "refused"))
