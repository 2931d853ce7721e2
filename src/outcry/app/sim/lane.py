"""A client with a session: its commands are numbered, and each is done once, or never.

It reduces orders of a trader: a reduction that is done twice is one that nobody asked for, and so
is one whose client was told that it was refused.
"""

import asyncio
from typing import Final

from outcry.app.sim.people import Person, is_transient
from outcry.app.sim.trader import Trader
from outcry.domain.rejects import Reject
from outcry.messages.requests import (
    CreateKeyOp,
    Declined,
    OrderAccepted,
    OrderRequest,
    OrderResult,
    ReduceRequest,
    SessionCommand,
)
from outcry.messages.session_requests import OpenSession, SessionGranted


#: Mean pause between two commands, and how often an old one is sent again behind them.
PACE_SECONDS: Final = 0.15
AGAIN_SHARE: Final = 0.3
LOTS_MAX: Final = 5
NEWEST: Final = 12


class Lane(Person):
    """Sends one command after the other, each until it is answered."""

    _account = _key_id = _opened = 0
    #: The command sent last, and the last one of those that were taken.
    _seq = _taken = 0

    async def work(self, trader: Trader, until: float) -> None:
        """Reduce orders of *trader*, who has arrived, until the time is up."""
        self._account = trader.accounts[0]
        key = await self.must(CreateKeyOp(0, trader.user_id, ("trade",), self.name))
        self._key_id = key.id
        await self._open()
        said: list[tuple[int, ReduceRequest, bool]] = []
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(self.chance.expovariate(1 / PACE_SECONDS))
            if not trader.orders:
                continue
            order_id = self.chance.choice(trader.orders[-NEWEST:])
            by = self.chance.randint(1, LOTS_MAX)
            request = ReduceRequest(self._account, order_id, "", by)
            said.append((self._seq + 1, request, await self._reduce(request)))
            if self.chance.random() < AGAIN_SHARE:
                await self._again(*self.chance.choice(said))

    async def _reduce(self, request: ReduceRequest) -> bool:
        """Send a new command; return whether it was taken."""
        self._seq += 1
        change = (request.order_id, "reduce")
        self.told.changes_asked[change] += 1
        answer = await self._say(self._seq, request)
        if isinstance(answer, OrderAccepted):
            self._taken = self._seq
            if not answer.repeated:
                self.told.change(*change, answer)
            return True
        self.told.changes_asked[change] -= 1
        return False

    async def _again(self, seq: int, request: ReduceRequest, was_taken: bool) -> None:  # noqa: FBT001 - as it was said
        """Send an old command once more: it is answered as it was, and nothing is done."""
        if seq > self._taken:
            return  # it was refused, and nothing came behind it: it would be a new one
        answer = await self._say(seq, request)
        if was_taken:
            right = isinstance(answer, OrderAccepted) and answer.repeated
        else:
            right = isinstance(answer, Declined) and answer.reject == Reject.REFUSED_BEFORE
        if not right:
            self.told.find(f"command {seq}, {request}, was sent again and answered {answer}")

    async def _say(self, seq: int, request: ReduceRequest) -> OrderResult:
        """Send a command until it is answered; before it is sent again, what may come is late."""
        while True:
            asked = SessionCommand(1, self._opened, seq, request)
            answer = await self.once(str(asked), lambda asked=asked: self._ask(asked))  # type: ignore[misc]
            if answer is None:
                await self._open(self._opened)
            elif isinstance(answer, Declined) and answer.reject == Reject.SESSION_MOVED:
                await self._open()  # an opening of ours arrived late, and took it
            elif not is_transient(answer):
                return answer
            else:
                await self.pause()

    async def _open(self, after: int = 0) -> None:
        opened = self.chance.getrandbits(40) + 1
        place = (self._account, 1, opened, self._key_id, 1, "")
        asked = OpenSession(*place, after)
        answer = await self.insist(str(asked), lambda: self._ask(asked))
        if isinstance(answer, SessionGranted):
            self._opened = opened
            if answer.last_seq not in {self._taken, self._seq}:
                self.told.find(f"{asked}: {answer}, but {self._taken} was the last one taken")
        else:
            await self._open()

    async def _ask(self, request: OrderRequest) -> OrderResult:
        """Ask as the gateway does: what the kernel makes of a command is told apart."""
        (answer,) = await self.door.call(lambda asset: asset.submit([request], wait_result=False))
        return answer
