"""The people outside: traders who repeat what was not answered, and an operator."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final, TypeVar

from outcry.app.sim.door import Door
from outcry.app.sim.told import Told
from outcry.app.sim.trace import Trace
from outcry.domain.errors import OutcryError
from outcry.domain.rejects import Reject
from outcry.messages.requests import Declined, Done, FundsOp, PlaceRequest
from outcry.ports.asset import AssetUnavailable


T = TypeVar("T")

#: Declines that say: later, perhaps.
TRANSIENT: Final = frozenset(
    {Reject.BUSY, Reject.SHUTTING_DOWN, Reject.UNAVAILABLE, Reject.CANCEL_ALL_PENDING},
)
PAUSE_SECONDS_MAX: Final = 0.3


class Person:
    """Somebody with a name, a way to the ledger, and patience."""

    def __init__(self, name: str, door: Door, told: Told, trace: Trace, chance: Random) -> None:
        self.name = name
        self.door = door
        self.told = told
        self.trace = trace
        self.chance = chance
        #: Questions that nobody answered: each may still be on its way.
        self.lost_count = 0

    async def once(self, what: str, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Ask, and return the answer, or None when none came back."""
        try:
            answer = await ask()
        except AssetUnavailable as error:
            self.lost_count += 1
            self.trace.note(self.name, f"{what}: no answer, {error}")
            return None
        self.trace.note(self.name, f"{what}: {answer}")
        return answer

    async def insist(
        self,
        what: str,
        ask: Callable[[], Awaitable[T]],
        doubt: PlaceRequest | FundsOp | None = None,
    ) -> T:
        """Ask until there is an answer that is more than *not now*.

        When that is a decline and an earlier question is still on its way, *doubt* may happen yet.
        """
        lost = False
        while True:
            answer = await self.once(what, ask)
            lost = lost or answer is None
            if answer is not None and not is_transient(answer):
                if lost and doubt is not None and is_decline(answer):
                    self.told.doubt(doubt)
                return answer
            await self.pause()

    async def pause(self) -> None:
        """Wait a moment."""
        await asyncio.sleep(self.chance.uniform(0.01, PAUSE_SECONDS_MAX))

    async def fund(self, op: FundsOp) -> Done | Declined:
        """Insist on an operation that may be asked for again, and note the answer."""
        answer = await self.insist(
            str(op), lambda: self.door.call(lambda asset: asset.funds(op)), op
        )
        if isinstance(answer, Done):
            self.told.op(op, answer)
        return answer

    async def must(self, op: FundsOp) -> Done:
        """Insist on an operation that has to be granted."""
        answer = await self.fund(op)
        if isinstance(answer, Declined):
            raise OutcryError(f"{op} was declined: {answer}")
        return answer


def is_transient(answer: object) -> bool:
    """Return whether *answer* may be another one soon."""
    first = answer[0] if isinstance(answer, list) else answer
    return isinstance(first, Declined) and first.reject in TRANSIENT


def is_decline(answer: object) -> bool:
    """Return whether *answer* says that nothing was done."""
    return isinstance(answer[0] if isinstance(answer, list) else answer, Declined)
