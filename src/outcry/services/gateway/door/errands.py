"""What takes a while: telling a client what it missed, and what can be traded here."""

import asyncio
from collections.abc import Callable
from typing import Final

from outcry.messages.entry import unpack_entry
from outcry.ports.ledger_log import LedgerLog, LogUnavailable
from outcry.runtime.directory import Directory
from outcry.runtime.logging import get_logger
from outcry.services.gateway.door import translate
from outcry.services.gateway.door.listing import instrument_record
from outcry.services.gateway.door.session import DoorSession
from outcry.services.gateway.line import now_us
from outcry_wire.rejects import Reject
from outcry_wire.tcp import DONE, RESEND, Message


#: Entries of the log that are read for a client that was away; who was away longer is told so.
MISSED_MAX: Final = 50_000
#: How often it is looked whether somebody who catches up has read.
_UNREAD_SECONDS: Final = 0.02


class Errands:
    """Reads for sessions from the log and the tables; *position* is the entry told last."""

    def __init__(self, directory: Directory, log: LedgerLog, position: Callable[[], int]) -> None:
        self._directory, self._ledger_log, self._position = directory, log, position
        self._log = get_logger()

    @property
    def first(self) -> int:
        """The oldest entry that is told again."""
        return max(1, self._position() - MISSED_MAX)

    async def catch_up(self, session: DoorSession) -> int:
        """Tell what came after the session's cursor; then it is live. Return how many messages."""
        told = 0
        try:
            while session.cursor < self._position() and session.is_open:
                upto = self._position()
                async for row in self._ledger_log.entries(session.cursor, upto):
                    for batch in unpack_entry(row.body).events if row.body else ():
                        if batch.user_id == session.user_id:
                            records = translate.told(batch, session.account, row.n)
                            session.tell(row.n, records)
                            told += len(records)
                    while session.is_slow and session.is_open:  # noqa: ASYNC110 - its socket says
                        await asyncio.sleep(_UNREAD_SECONDS)
                session.cursor = upto
            session.is_live = True
        except LogUnavailable:
            session.end(Reject.UNAVAILABLE)
        return told

    async def run(self, session: DoorSession, record: bytes) -> None:
        """Carry out a message that asks for more than one answer."""
        kind = Message(record[0])
        try:
            if kind is Message.RESEND:
                await self._resend(session, RESEND.unpack(record)[7])
            else:
                await self._list(session)
        finally:
            session.running.discard(kind)

    async def _resend(self, session: DoorSession, number: int) -> None:
        if not session.is_live:
            session.refuse(Reject.BUSY, Message.RESEND)
        elif number < self.first:
            session.refuse(Reject.RESEND_GONE, Message.RESEND)
        else:
            session.is_live = False
            session.cursor = min(number - 1, self._position())
            session.write(translate.framed([_done(Message.RESEND, await self.catch_up(session))]))

    async def _list(self, session: DoorSession) -> None:
        try:
            records = [instrument_record(market) for market in await self._directory.markets()]
        except Exception as error:  # noqa: BLE001 - the tables may be away: the client asks again
            self._log.warning("instruments not listed", reason=repr(error))
            session.refuse(Reject.UNAVAILABLE, Message.INSTRUMENTS)
            return
        session.write(translate.framed([*records, _done(Message.INSTRUMENTS, len(records))]))


def _done(kind: Message, count: int) -> bytes:
    return DONE.pack(Message.DONE, 0, DONE.size, 0, 0, now_us(), 0, kind, count)
