"""How the door asks the ledger: again, when it is away, because nothing is done twice.

Orders that go with a connection must go, however long the ledger is away and even if this process
ends: the ledger knows them, and the next one to start under our name has them cancelled.
"""

import asyncio
import secrets
from collections.abc import Sequence
from typing import Final

from outcry.messages.requests import (
    CancelAccepted,
    CancelRequest,
    Declined,
    OrderCommand,
    OrderRequest,
    OrderResult,
    SessionCommand,
)
from outcry.messages.session_requests import (
    CancelUnattended,
    OpenSession,
    SessionGranted,
)
from outcry.ports.asset import Asset, AssetUnavailable
from outcry.runtime.logging import get_logger
from outcry.services.gateway.door.session import DoorSession
from outcry_wire.rejects import Reject
from outcry_wire.tcp import LogonFlag


#: Cancels in one submission when connections end.
_CANCELS_MAX: Final = 1_000
#: How long a ledger that does not answer is asked again for a client that waits, and how often.
_INSIST_SECONDS: Final = 20.0
_PAUSE_SECONDS: Final = 0.2
_FOR_NOW: Final = frozenset({Reject.BUSY, Reject.SHUTTING_DOWN, Reject.UNAVAILABLE})


class Asking:
    """The ledger, asked by the gateway of a name."""

    def __init__(self, asset: Asset, gate: str) -> None:
        self._asset, self._gate = asset, gate
        self._swept = False
        self.requests = 0

    async def open(self, session: DoorSession) -> SessionGranted | Declined:
        """Have a new connection take its session; raises `AssetUnavailable`."""
        if not self._swept:
            raise AssetUnavailable("orders of earlier connections are being cancelled")
        (granted,) = await self._asset.submit([self._opening(session)], wait_result=False)
        assert isinstance(granted, SessionGranted | Declined), "a session or a refusal"
        return granted

    def _opening(self, session: DoorSession) -> OpenSession:
        """Return what gives a connection that has the session, if any has, another number."""
        after, session.opened = session.opened, secrets.randbits(62) + 1
        goes = session.flags & LogonFlag.CANCEL_ON_DISCONNECT
        place = (session.account, session.number, session.opened)
        return OpenSession(*place, *session.key, self._gate if goes else "", after)

    async def insist(
        self, session: DoorSession, commands: Sequence[tuple[int, OrderCommand]]
    ) -> list[OrderResult]:
        """Ask until there is an answer, for a bounded time; then raises `AssetUnavailable`.

        What had no answer may still be on its way: under a new number it comes too late.
        """
        self.requests += len(commands)
        until = asyncio.get_running_loop().time() + _INSIST_SECONDS
        while True:
            place = (session.number, session.opened)
            try:
                return await self._asset.submit(
                    [SessionCommand(*place, *numbered) for numbered in commands], wait_result=False
                )
            except AssetUnavailable:
                await self._renew(session, until)

    async def _renew(self, session: DoorSession, until: float) -> None:
        opening = self._opening(session)
        while True:
            if asyncio.get_running_loop().time() > until:
                raise AssetUnavailable("the ledger has been away for too long")
            await asyncio.sleep(_PAUSE_SECONDS)
            try:
                await self._asset.submit([opening], wait_result=False)
            except AssetUnavailable:
                continue
            return

    async def clear(self, session: DoorSession) -> None:
        """Cancel the orders of a connection that ended, when none of its commands can be late."""
        await session.pipe.settled()
        await self._surely([self._opening(session)])
        cancels: list[OrderRequest] = [
            CancelRequest(session.account, 0, str(order_id)) for order_id in session.pipe.mine
        ]
        for at in range(0, len(cancels), _CANCELS_MAX):
            await self._surely(cancels[at : at + _CANCELS_MAX])

    async def sweep_up(self) -> None:
        """Cancel what goes with connections of this gateway's earlier life; then let people in."""
        while True:
            (result,) = await self._surely([CancelUnattended(self._gate, _CANCELS_MAX)])
            if not isinstance(result, CancelAccepted) or not result.order_ids:
                break
            get_logger().info("cancelled with lost connections", orders=len(result.order_ids))
        self._swept = True

    async def _surely(self, requests: Sequence[OrderRequest]) -> list[OrderResult]:
        """Ask until everything is taken, or declined for good."""
        while True:
            try:
                results = await self._asset.submit(requests, wait_result=True)
            except AssetUnavailable:
                results = []
            if results and not any(_is_for_now(result) for result in results):
                return results
            await asyncio.sleep(_PAUSE_SECONDS)


def _is_for_now(result: OrderResult) -> bool:
    """Return whether something is declined that would be taken a little later."""
    return isinstance(result, Declined) and result.reject in _FOR_NOW
