"""Commands of one connection: they wait in order, and are answered when they are durable.

Each goes to the ledger with its number in its session, so it may be asked again, by us when the
ledger did not answer and by the client when we did not, and is carried out once.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from outcry.domain.order import OrderStatus
from outcry.messages.requests import (
    CancelAccepted,
    Declined,
    OrderAccepted,
    OrderCommand,
    OrderResult,
    PlaceRequest,
)
from outcry.ports.asset import AssetUnavailable
from outcry.runtime.logging import get_logger
from outcry.services.gateway.door import translate
from outcry_wire import tcp
from outcry_wire.records import LAYOUTS, RecordType
from outcry_wire.rejects import Reject


#: Commands of one connection that wait for the ledger before no more are read.
WAITING_MAX: Final = 4_096
#: Commands of one connection in one submission.
BATCH_MAX: Final = 500
#: Live orders of one connection that are remembered, to be cancelled when it ends.
REMEMBERED_MAX: Final = 100_000
_LEDGER: Final = "ledger"
#: What says that this connection may command no more, and why.
_ENDS: Final = frozenset({Reject.SESSION_MOVED, Reject.KEY_INVALID})


class Owner(Protocol):
    """The connection."""

    account: int
    end_reason: Reject | None

    def pause(self, reason: str) -> None:
        """Read no more for now."""

    def go_on(self, reason: str) -> None:
        """Read on."""

    def write(self, data: bytes) -> None:
        """Send frames."""

    def note_refusal(self, reject: int) -> None:
        """Count a command that is refused."""

    def end(self, reason: Reject) -> None:
        """Say why, and close."""


#: Asks for commands by their numbers, and returns an answer to each.
Insist = Callable[[Sequence[tuple[int, OrderCommand]]], Awaitable[list[OrderResult]]]


class Pipe:
    """What a connection commands, and which live orders came of it."""

    def __init__(self, owner: Owner, insist: Insist) -> None:
        """Ask the ledger by *insist*, which raises `AssetUnavailable` when it gives up."""
        self._owner = owner
        self._insist = insist
        self._waiting: deque[bytes] = deque()
        self._work: asyncio.Task[None] | None = None
        self._last_seq: int | None = None
        #: Client ids of the live orders of the session, and of those just being asked for.
        self.mine: set[int] = set()
        self._asked_for: set[int] = set()

    def put(self, record: bytes) -> None:
        """Carry out a command, behind those before it."""
        self._waiting.append(record)
        if len(self._waiting) >= WAITING_MAX:
            self._owner.pause(_LEDGER)
        if self._work is None:
            self._work = asyncio.create_task(self._submit())

    async def settled(self) -> None:
        """Wait until nothing is on its way to the ledger."""
        if self._work is not None:
            await asyncio.wait([self._work])

    async def _submit(self) -> None:
        """Ask the ledger, batch after batch, until nothing waits."""
        owner = self._owner
        try:
            while self._waiting and owner.end_reason is None:
                count = min(BATCH_MAX, len(self._waiting))
                records = [self._waiting.popleft() for _ in range(count)]
                owner.go_on(_LEDGER)
                asked = [self._asked(record) for record in records]
                commands = [one for one in asked if not isinstance(one, Reject)]
                results = iter(await self._insist(commands) if commands else ())
                answers = [
                    self._answer(record, one if isinstance(one, Reject) else next(results))
                    for record, one in zip(records, asked, strict=True)
                ]
                owner.write(translate.framed(answers))
        except AssetUnavailable:
            owner.end(Reject.UNAVAILABLE)  # what was taken nobody knows: it may be sent again
        except Exception:  # noqa: BLE001 - one client must not end the door of the others
            get_logger().exception("commands failed", account=owner.account)
            owner.end(Reject.UNAVAILABLE)
        finally:
            self._work = None

    def _asked(self, record: bytes) -> tuple[int, OrderCommand] | Reject:
        owner = self._owner
        seq = int.from_bytes(record[8:16], "little", signed=True)
        account = int.from_bytes(record[24:32], "little", signed=True)
        wanted = seq if self._last_seq is None else self._last_seq + 1
        if seq != wanted or seq <= 0:
            return Reject.OUT_OF_SEQUENCE
        self._last_seq = seq
        if record[0] not in tcp.COMMANDS or LAYOUTS[RecordType(record[0])].size != len(record):
            return Reject.RECORD_INVALID
        if account not in {0, owner.account}:
            return Reject.NOT_OWNER
        command = translate.command_of(record, owner.account)
        if isinstance(command, Reject):
            return command
        if isinstance(command, PlaceRequest):
            self._remember(translate.order_id_of(record))
        return seq, command

    def _answer(self, record: bytes, result: OrderResult | Reject) -> bytes:
        account = self._owner.account
        if isinstance(result, Reject):
            self._owner.note_refusal(result)
            return translate.refused(record, account, result)
        if record[0] == RecordType.PLACE_ORDER:
            self._settle(translate.order_id_of(record), result)
        if isinstance(result, OrderAccepted):
            place = (result.order_id, result.n)
            return translate.accepted(record, account, *place, repeated=result.repeated)
        if isinstance(result, CancelAccepted):
            return translate.accepted(record, account, 0, result.n, repeated=False)
        assert isinstance(result, Declined), "commands are not answered with sessions"
        self._owner.note_refusal(result.reject)
        if result.reject in _ENDS:
            self._owner.end(Reject(result.reject))
        return translate.refused(record, account, result.reject)

    # --- which orders are the session's ------------------------------------------------------

    def _remember(self, order_id: int) -> None:
        """Count an order in, before anything can be told of it."""
        if order_id not in self.mine and len(self.mine) < REMEMBERED_MAX:
            self.mine.add(order_id)
            self._asked_for.add(order_id)

    def _settle(self, order_id: int, result: OrderResult) -> None:
        """Forget an order that was refused, or is over already; keep one that was there before."""
        was_new = order_id in self._asked_for
        self._asked_for.discard(order_id)
        if isinstance(result, OrderAccepted):
            if result.status > OrderStatus.OPEN:
                self.mine.discard(order_id)
        elif was_new:
            self.mine.discard(order_id)
