"""What an engine says to one connection: how many commands it answered, and with what."""

import socket
from collections import Counter, deque
from typing import Final, NamedTuple

from outcry.app.failures import UsageError
from outcry.app.load.flow import Traded
from outcry_wire.records import LAST_OF_SEQ, RecordType
from outcry_wire.tcp import (
    FRAME_HEAD,
    GOODBYE,
    HELLO,
    INSTRUMENT,
    INSTRUMENTS,
    LOGON,
    LOGON_ACCEPTED,
    VERSION,
    Message,
    frame,
    proof_of,
    records_in,
    text_of,
)


_PATIENCE_SECONDS: Final = 10.0
_HEARTBEAT_MS: Final = 60_000
_MARKET_MIDDLE: Final = 5_000
_REFUSALS: Final = (RecordType.ORDER_REJECTED, RecordType.COMMAND_REJECTED)


class Heard:
    """Counts what comes: commands that are answered, and records by type."""

    def __init__(self, *, echo: bool) -> None:
        """With *echo* every record is an answer: it is what was sent."""
        self._echo = echo
        self._tail = b""
        self.kinds = [0] * 256

    def take(self, data: bytes) -> int:
        """Return how many commands the bytes complete the answers to."""
        if self._tail:
            data = self._tail + data
        kinds, answered, at, size = self.kinds, 0, 0, len(data)
        every = LAST_OF_SEQ if self._echo else 0
        while size - at >= FRAME_HEAD.size:
            end = at + FRAME_HEAD.size + int.from_bytes(data[at : at + FRAME_HEAD.size])
            if end > size:
                break
            at += FRAME_HEAD.size
            while at < end:
                kinds[data[at]] += 1
                answered += (data[at + 1] | every) & LAST_OF_SEQ
                at += data[at + 2] | data[at + 3] << 8
        self._tail = data[at:]
        return answered

    def totals(self) -> Counter[str]:
        """Return fills and rejects; each fill is heard twice."""
        return Counter(
            fills=self.kinds[Message.FILL] // 2,
            rejects=sum(self.kinds[kind] for kind in _REFUSALS),
        )


class Login(NamedTuple):
    """As whom a connection logs on: an account, and a key where one is asked for."""

    account: int
    name: str = ""
    secret: bytes = b""

    @staticmethod
    def of_api_key(api_key: str) -> "Login":
        """Return that of a key of an exchange: the account is the first of its user."""
        return Login(0, "_".join(api_key.split("_")[:3]), api_key.encode())


class Opening:
    """A blocking beginning: greeting, logon, instruments."""

    def __init__(self, host: str, port: int) -> None:
        """Connect; raises OSError."""
        self.socket = socket.create_connection((host, port), _PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._bytes = b""
        self._records: deque[bytes] = deque()

    def log_on(self, who: Login, session: int) -> tuple[int, int]:
        """Return the last seq and order id of a session; raises `UsageError`."""
        nonce = HELLO.unpack(self._record(Message.HELLO))[10]
        head = (Message.LOGON, 0, LOGON.size, 0, 0, 0, who.account)
        name = who.name.encode()
        record = LOGON.pack(*head, VERSION, 0, session, _HEARTBEAT_MS, 0, name, bytes(32))
        if who.secret:
            record = record[:-32] + proof_of(who.secret, nonce, record)
        self.socket.sendall(frame(record))
        fields = LOGON_ACCEPTED.unpack(self._record(Message.LOGON_ACCEPTED))
        return fields[9], fields[10]

    def instruments(self) -> list[Traded]:
        """Return what can be traded here."""
        head = (Message.INSTRUMENTS, 0, INSTRUMENTS.size, 0, 0, 0, 0)
        self.socket.sendall(frame(INSTRUMENTS.pack(*head)))
        found: list[Traded] = []
        while (record := self._record(Message.INSTRUMENT, Message.DONE))[0] != Message.DONE:
            fields = INSTRUMENT.unpack(record)
            number, tick, low, high = fields[3], fields[9], fields[10], fields[11]
            middle = (low + high) // 2 or _MARKET_MIDDLE
            found.append(Traded(number, tick, middle // tick * tick))
        return found

    def _record(self, *wanted: Message) -> bytes:
        while not self._records and (
            len(self._bytes) < FRAME_HEAD.size or len(self._bytes) < self._end()
        ):
            more = self.socket.recv(1 << 16)
            if not more:
                raise UsageError("the engine closed the connection; is it one?")
            self._bytes += more
        if not self._records:
            payload = self._bytes[FRAME_HEAD.size : self._end()]
            self._bytes = self._bytes[self._end() :]
            self._records = deque(records_in(payload))
        record = self._records.popleft()
        if record[0] in wanted:
            return record
        if record[0] in {Message.LOGON_REFUSED, Message.GOODBYE}:
            raise UsageError(f"the engine refuses: {text_of(GOODBYE.unpack(record)[8])}")
        raise UsageError(f"the engine says {record[0]}, expected {wanted[0].name}")

    def _end(self) -> int:
        length: int = FRAME_HEAD.unpack_from(self._bytes)[0]
        return FRAME_HEAD.size + length
