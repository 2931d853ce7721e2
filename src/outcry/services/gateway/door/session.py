"""One connection of the exchange's gateway: who it is, and what it is told."""

import asyncio
import hmac
import re
import secrets
import socket
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Final, Protocol

from outcry.domain.rejects import Rejected
from outcry.messages.requests import Declined, OrderCommand, OrderResult
from outcry.messages.session_requests import SessionGranted
from outcry.runtime.identity import READ, TRADE, Principal
from outcry.services.gateway.door import translate
from outcry.services.gateway.door.pipe import Pipe
from outcry.services.gateway.line import Line, now_us
from outcry_wire import tcp
from outcry_wire.rejects import Reject
from outcry_wire.sentences import SENTENCES
from outcry_wire.tcp import FRAME_HEAD, LogonFlag, Message


UNREAD_HIGH: Final = 256 * 1024
UNREAD_MAX: Final = 4 * 1024 * 1024
_LOGON: Final = "logon"
_LOGOUT: Final = "logout"
_ERRANDS: Final = frozenset({Message.INSTRUMENTS, Message.RESEND})
_PUBLIC: Final = frozenset({Message.SUBSCRIBE, Message.UNSUBSCRIBE})
_HEARD: Final = _ERRANDS | _PUBLIC | {Message.HEARTBEAT}
_FLAGS: Final = LogonFlag.CANCEL_ON_DISCONNECT | LogonFlag.DROP_COPY
_KEY: Final = re.compile(r"ok_([1-9][0-9]{0,17})_(0|[1-9][0-9]{0,8})", re.ASCII)


class Host(Protocol):
    """What the connections share."""

    rate_max: int
    refusals: Counter[int]

    async def principal(self, key_id: int, generation: int) -> tuple[str, Principal | Rejected]:
        """Return the text of an API key, and who holds it."""

    async def has_account(self, user_id: int, account: int) -> bool:
        """Return whether an account that is not a user's first one is theirs."""

    async def open(self, session: "DoorSession") -> SessionGranted | Declined:
        """Tell the ledger of a new connection of a session; raises `AssetUnavailable`."""

    def log_on(self, session: "DoorSession", next_number: int, heartbeat_ms: int) -> None:
        """Bind a connection to its session and answer, from a message number on or from now."""

    async def insist(
        self, session: "DoorSession", commands: Sequence[tuple[int, OrderCommand]]
    ) -> list[OrderResult]:
        """Ask the ledger until it answers, for a bounded time; then raises `AssetUnavailable`."""

    def carry_out(self, session: "DoorSession", record: bytes) -> None:
        """Carry out a message that takes a while, in the background."""

    def hear_public(self, session: "DoorSession", record: bytes) -> None:
        """Carry out SUBSCRIBE or UNSUBSCRIBE."""

    def gone(self, session: "DoorSession") -> None:
        """Take note that a connection ended."""


class DoorSession(Line):
    """A client of the exchange."""

    def __init__(self, host: Host, sock: socket.socket, view: memoryview) -> None:
        super().__init__(sock, view, UNREAD_HIGH, UNREAD_MAX)
        self._host = host
        self._nonce = secrets.token_bytes(tcp.NONCE_SIZE)
        self._logon: asyncio.Task[None] | None = None
        self._logout: asyncio.Task[None] | None = None
        self._paid_until = 0.0
        self.flags = LogonFlag(0)
        self.user_id = self.account = self.number = 0
        #: The number by which the ledger knows this connection, and the last command it had taken.
        self.opened = self.taken = 0
        #: The key that opened it, as its id and generation.
        self.key = (0, 0)
        #: Log entry up to which this client was told everything; live once it is the present.
        self.cursor = 0
        self.is_live = self.is_logged_on = False
        self.end_reason: Reject | None = None
        #: Messages that are being carried out in the background.
        self.running: set[Message] = set()
        #: Markets whose public books it follows.
        self.instruments: set[int] = set()
        self.pipe = Pipe(self, partial(host.insist, self))
        self.heartbeat_us = 0
        self.began_us = self.heard_us = self.spoke_us = self.checked_us = now_us()

    def greet(self) -> None:
        """Say HELLO."""
        self.begin()
        head = (Message.HELLO, 0, tcp.HELLO.size, 0, 0, self.began_us, 0)
        row = (tcp.VERSION, tcp.VERSION, tcp.FRAME_MAX, self._nonce)
        self.write(tcp.frame(tcp.HELLO.pack(*head, *row)))

    # --- reading -----------------------------------------------------------------------------

    def received(self, stop: int) -> None:
        """Take the whole frames in what has come."""
        self.heard_us = now_us()
        at = 0
        while self._may_hear and stop - at >= FRAME_HEAD.size:
            (length,) = FRAME_HEAD.unpack_from(self._view, at)
            try:
                tcp.check_length(length)
                if stop - at - FRAME_HEAD.size < length:
                    break
                at += FRAME_HEAD.size
                for record in tcp.records_in(bytes(self._view[at : at + length])):
                    self._hear(record)
            except tcp.FramingError:
                self.end(Reject.FRAME_INVALID if self.is_logged_on else Reject.LOGON_EXPECTED)
                return
            at += length
        self.tail = bytes(self._view[at:stop])

    @property
    def _may_hear(self) -> bool:
        """Whether what comes now is for us: not behind a logout, nor while a logon is judged."""
        may = self._logon is None or self.is_logged_on
        return self.end_reason is None and self._logout is None and may

    def _hear(self, record: bytes) -> None:
        if self.end_reason is not None:
            return
        kind = record[0]
        is_logon = kind == Message.LOGON and len(record) == tcp.LOGON.size
        if is_logon == (self._logon is not None) or (not is_logon and not self.is_logged_on):
            self.end(Reject.LOGON_EXPECTED)
        elif is_logon:
            self.pause(_LOGON)
            self._logon = asyncio.create_task(self._log_on(record))
        else:
            self._spend()
            if kind >= tcp.FIRST_MESSAGE:
                self._message(record)
            elif self.is_copy:
                self.refuse(Reject.SCOPE_MISSING, kind)
            else:
                self.pipe.put(record)

    @property
    def is_copy(self) -> bool:
        """Whether it only hears what becomes of the account's orders."""
        return bool(self.flags & LogonFlag.DROP_COPY)

    def _spend(self) -> None:
        """Wait before reading on when more came than a second may bring."""
        rate = self._host.rate_max
        if rate:
            now = self._loop.time()
            self._paid_until = max(self._paid_until, now - 1) + 1 / rate
            if self._paid_until > now:
                self.pause("rate")
                self._loop.call_later(self._paid_until - now, self._paid)

    def _paid(self) -> None:
        if self._paid_until <= self._loop.time():
            self.go_on("rate")

    def _message(self, record: bytes) -> None:
        kind = record[0]
        if kind == Message.LOGOUT:
            self.pause(_LOGOUT)
            self._logout = asyncio.create_task(self._log_out())
        elif kind not in _HEARD or len(record) != tcp.MESSAGES[Message(kind)].size:
            self.refuse(Reject.RECORD_INVALID, kind)
        elif kind in _PUBLIC:
            self._host.hear_public(self, record)
        elif kind in _ERRANDS:
            self._errand(record)

    async def _log_out(self) -> None:
        """Say goodbye once what came before is answered."""
        await self.pipe.settled()
        self.end(Reject.LOGGED_OUT)

    def _errand(self, record: bytes) -> None:
        """Have something done in the background: one of a kind at a time."""
        kind = Message(record[0])
        if kind in self.running:
            self.refuse(Reject.BUSY, kind)
        else:
            self.running.add(kind)
            self._host.carry_out(self, record)

    def note_refusal(self, reject: int) -> None:
        """Count a command, message or logon that is refused."""
        self._host.refusals[reject] += 1

    def refuse(self, reject: Reject, kind: int) -> None:
        """Say that a message is not carried out."""
        self.note_refusal(reject)
        head = (Message.MESSAGE_REFUSED, 0, tcp.MESSAGE_REFUSED.size, 0, 0, now_us(), 0)
        self.write(tcp.frame(tcp.MESSAGE_REFUSED.pack(*head, reject, kind)))

    # --- logging on --------------------------------------------------------------------------

    async def _log_on(self, record: bytes) -> None:
        try:
            refused = await self._judge(record)
            if refused is not None:
                self.end(refused)
                return
            fields = tcp.LOGON.unpack(record)
            if not self.is_copy:
                granted = await self._host.open(self)
                if isinstance(granted, Declined):
                    self.end(Reject(granted.reject))
                    return
                self.taken = granted.last_seq
            if not self.is_open:  # it left meanwhile: an older connection keeps the session's name
                return
            self.is_logged_on = True
            self._host.log_on(self, max(fields[11], 0), fields[10])
            self._go_on_hearing()
        except Exception:  # noqa: BLE001 - the tables may be away: this client comes back later
            self.end(Reject.UNAVAILABLE)

    def _go_on_hearing(self) -> None:
        """Take what came behind the LOGON, then read on."""
        self._view[: len(self.tail)] = self.tail
        self.received(len(self.tail))
        self.go_on(_LOGON)

    async def _judge(self, record: bytes) -> Reject | None:
        fields = tcp.LOGON.unpack(record)
        account, version, flags, self.number = fields[6:10]
        name, proof = fields[12:]
        if version != tcp.VERSION:
            return Reject.VERSION_UNSUPPORTED
        if flags & ~int(_FLAGS):
            return Reject.FIELD_INVALID
        match = _KEY.fullmatch(tcp.text_of(name))
        if match is None:
            return Reject.KEY_INVALID
        self.key = int(match[1]), int(match[2])
        text, found = await self._host.principal(*self.key)
        if not hmac.compare_digest(tcp.proof_of(text.encode(), self._nonce, record), proof):
            return Reject.KEY_INVALID
        if isinstance(found, Rejected):
            return found.reject
        if (READ if flags & LogonFlag.DROP_COPY else TRADE) not in found.scopes:
            return Reject.SCOPE_MISSING
        account = account or found.account
        if account != found.account and not await self._host.has_account(found.user_id, account):
            return Reject.NOT_OWNER
        self.user_id, self.account, self.flags = found.user_id, account, LogonFlag(flags)
        return None

    # --- telling -----------------------------------------------------------------------------

    def tell(self, n: int, records: list[bytes]) -> None:
        """Send what entry *n* means for this client."""
        self.cursor = n
        for record in records:
            self.pipe.mine.discard(translate.ended(record))
        if records:
            self.write(translate.framed_whole(records))

    def write(self, data: bytes) -> None:
        """Send frames."""
        if self.end_reason is None and data:
            self.spoke_us = now_us()
            self.put(data)

    def beat(self, told: int) -> None:
        """Say that we are here, and up to which number everything was told, 0 for none."""
        head = (Message.HEARTBEAT, 0, tcp.HEARTBEAT.size, 0, told, now_us(), 0)
        self.write(tcp.frame(tcp.HEARTBEAT.pack(*head)))

    def end(self, reason: Reject) -> None:
        """Say why, and close."""
        if self.end_reason is not None:
            return
        kind = Message.GOODBYE if self.is_logged_on else Message.LOGON_REFUSED
        if not self.is_logged_on:
            self.note_refusal(reason)
        text = tcp.fixed_text(SENTENCES[reason], tcp.TEXT_SIZE)
        head = (kind, 0, tcp.GOODBYE.size, 0, 0, now_us(), 0)
        self.write(tcp.frame(tcp.GOODBYE.pack(*head, reason, text)))
        self.end_reason = reason
        self.finish()

    def too_slow(self) -> None:
        """Remember why this ended."""
        self.end_reason = Reject.READER_SLOW

    def left(self) -> None:
        """Take leave."""
        self._host.gone(self)
