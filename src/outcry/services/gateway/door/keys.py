"""API keys at the door: whose they are, and that a session ends with the key that opened it."""

import asyncio
from collections.abc import Iterable
from typing import Final

from outcry.domain.rejects import Rejected
from outcry.runtime.api_keys import KeyRing
from outcry.runtime.identity import Identity, Principal
from outcry.runtime.logging import get_logger
from outcry.services.gateway.door.session import DoorSession
from outcry.services.gateway.line import now_us


_LOOK_SECONDS: Final = 1.0
#: Sessions that are looked at in one go, those first that were not for longest.
_SESSIONS_MAX: Final = 200


class Keys:
    """Knows keys, and ends what was opened by one that is no longer good.

    The ledger takes no command of such a session either; here it stops hearing what happens.
    """

    def __init__(self, identity: Identity, ring: KeyRing) -> None:
        self._identity, self._ring = identity, ring

    async def principal(self, key_id: int, generation: int) -> tuple[str, Principal | Rejected]:
        """Return the text of an API key, and who holds it."""
        text = self._ring.api_key(key_id, generation)
        return text, await self._identity.authenticate(api_key=text)

    async def watch(self, sessions: Iterable[DoorSession]) -> None:
        """Look at keys again, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            live = [session for session in sessions if session.is_logged_on]
            try:
                for session in sorted(live, key=lambda one: one.checked_us)[:_SESSIONS_MAX]:
                    await self._look(session)
            except Exception as error:  # noqa: BLE001 - the tables may be away: look again later
                get_logger().warning("keys not looked at", reason=repr(error))

    async def _look(self, session: DoorSession) -> None:
        _, found = await self.principal(*session.key)
        session.checked_us = now_us()
        if isinstance(found, Rejected):
            session.end(found.reject)
