"""Heartbeats: who began them and falls silent has all orders cancelled.

They live in this process. When it starts again nobody is watched until their next heartbeat, which
is answered with the id to go on with.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Final, NamedTuple

from msgspec import Struct
from structlog import get_logger

from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import CancelAccepted, CancelAllRequest
from outcry.ports.asset import Asset, AssetUnavailable
from outcry.runtime.clob_identity import Holder


#: Seconds between heartbeats, and the grace after them.
SILENCE_SECONDS: Final = 10.0 + 5.0
#: How often silence is looked for.
LOOK_SECONDS: Final = 0.5
#: Accounts that are watched.
WATCHED_COUNT_MAX: Final = 10_000
INVALID: Final = "Invalid Heartbeat ID"

_log = get_logger("outcry.clob")


class HeartbeatBody(Struct, frozen=True):
    """The id that the last answer gave; "" or null begins."""

    heartbeat_id: str | None = None


class HeartbeatView(Struct, frozen=True, omit_defaults=True):
    """The id to send next; ``error_msg`` when another one was sent."""

    heartbeat_id: str
    error_msg: str = ""
    error: str = ""


class _Watched(NamedTuple):
    heartbeat_id: str
    until: float


class Heartbeats:
    """Who is watched."""

    def __init__(self, asset: Asset, clock: Callable[[], float]) -> None:
        """Cancel with *asset*; *clock* gives seconds from any start."""
        self._asset = asset
        self._clock = clock
        self._watched: dict[int, _Watched] = {}

    def beat(self, who: Holder, heartbeat_id: str) -> HeartbeatView | Rejected:
        """Take a heartbeat: the first one begins, later ones name the id they were given."""
        account = who.principal.account
        known = self._watched.get(account)
        if known is None and len(self._watched) >= WATCHED_COUNT_MAX:
            return Rejected(Reject.BUSY, f"{WATCHED_COUNT_MAX} accounts are watched", "later")
        if known is None:
            known = _Watched(secrets.token_hex(16), 0.0)
        elif heartbeat_id not in ("", known.heartbeat_id):
            return HeartbeatView(known.heartbeat_id, INVALID, INVALID)
        self._watched[account] = known._replace(until=self._clock() + SILENCE_SECONDS)
        return HeartbeatView(known.heartbeat_id)

    async def look(self) -> None:
        """Cancel the orders of everybody who fell silent; who cannot be now is tried again."""
        now = self._clock()
        silent = [account for account, one in self._watched.items() if one.until <= now]
        for account in silent:
            (answer,) = await self._asset.submit(
                [CancelAllRequest(account, 0, 0)], wait_result=False
            )
            if isinstance(answer, CancelAccepted):
                _log.info("heartbeat_missed", account=account)
                self._watched.pop(account, None)

    async def run(self) -> None:
        """Look for silence until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except AssetUnavailable as error:
                _log.warning("heartbeats_wait", reason=str(error))
