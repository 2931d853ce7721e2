"""Contracts: a chain whose settlements move what users have in escrow; both in the same blocks."""

from typing import Final

from outcry.adapters.simulated_chain import SimulatedChain
from outcry.adapters.simulated_chain.blocks import Payload
from outcry.adapters.simulated_chain.escrow import SimulatedEscrow
from outcry.adapters.simulated_chain.vault import Deed
from outcry.domain.ledger.in_transit import Home
from outcry.messages.settlements import SettlementRequest
from outcry.ports.chain import NOBODY, Failure
from outcry.ports.escrow import Answer


HOME: Final = Home(31_337, "0x" + "11" * 20, "0x" + "22" * 20, "0x" + "33" * 20, "0x" + "44" * 20)
#: Kind of a deed that settles; those of users are `outcry.messages.happenings.Happened`.
SETTLED: Final = -1


class Contracts(SimulatedChain):
    """The chain of a ledger that lives on contracts."""

    def __init__(self) -> None:
        super().__init__()
        self.escrow = SimulatedEscrow()
        #: What the log asked to settle, by trade.
        self.requests: dict[int, SettlementRequest] = {}
        self._blocks.settles = self._settle

    def _carry_out(self, what: str, one: int | bytes, two: int, text: str) -> None:
        if what == "mine":
            assert isinstance(one, int)
            self._mine(one)
        elif what == "reorganise":
            assert isinstance(one, int)
            depth, keep = min(one, self._blocks.head.number), two > 0
            self._blocks.rewind(depth, keep=keep)
            # Of what is kept one thing in so many is lost; settlements are done anew, or are not.
            self.escrow.rewind(depth, keep=keep, without=two - 1, settlements=False)
            self._mine(depth + 1)
        else:
            super()._carry_out(what, one, two, text)

    async def replace(self, depth: int, *, keep: bool, without: int) -> None:
        """Replace the last *depth* blocks; of what waits again each *without*-th thing is lost."""
        await self._do("reorganise", depth, 1 + without if keep else 0)

    def _mine(self, count: int) -> None:
        for _ in range(count):
            self._blocks.mine()
            self.escrow.mine()

    def _settle(self, payload: Payload) -> Failure | None:
        """Let the contract settle in this block, or say whose fault it is that it cannot."""
        request = self.requests[payload.trade_id]
        refused = self.escrow.hindrance(request, payload.fills)
        if refused is None:
            self.escrow.does(Deed(SETTLED, request=request, fills=payload.fills))
            return None
        if refused.answer == Answer.LATER:
            return Failure(NOBODY, str(refused))
        for leg, fill in enumerate(payload.fills, 1):
            if self.escrow.hindrance(request, (fill,)) is not None:
                return Failure(leg, str(refused))
        return Failure(0, str(refused))
