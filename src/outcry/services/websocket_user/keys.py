"""Keys in use: which API keys that opened a connection are no longer good.

One question a second for all connections together, however many there are; nobody waits for it.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import Final

from structlog import get_logger

from outcry.ports.projection import TablesUnavailable
from outcry.ports.queries import Queries
from outcry.runtime.api_keys import KeyName


#: How soon the connections of a key that was revoked or rotated are closed.
LOOK_SECONDS: Final = 1.0

_log = get_logger("outcry.websocket_user")


class KeyWatch:
    """Looks at the keys of open connections again and again."""

    def __init__(
        self,
        queries: Queries,
        in_use: Callable[[], Collection[KeyName]],
        ended: Callable[[KeyName], None],
    ) -> None:
        """Ask *queries* about the keys that *in_use* names; tell *ended* of one that is over."""
        self._queries = queries
        self._in_use = in_use
        self._ended = ended

    async def run(self) -> None:
        """Look until cancelled; tables that cannot be read are asked again later."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except TablesUnavailable as error:
                _log.warning("keys_not_checked", reason=str(error))

    async def look(self) -> None:
        """Look once."""
        used = self._in_use()
        if not used:
            return
        rows = await self._queries.keys_by_id(sorted({name.key_id for name in used}))
        good = {KeyName(row.key_id, row.generation) for row in rows if not row.revoked_at_us}
        for name in used:
            if name not in good:
                self._ended(name)
