"""Bytes as a broken or hostile client would send them: right ones, spoilt in every way."""

from collections.abc import Iterator
from random import Random

from tests.support.tcp_records import cancel, cancel_all, framed, place, reduce, replace

from outcry_wire import records, tcp


EDGES = (0, 1, -1, 2**31, -(2**31), 2**40 - 1, 2**40, 2**53, 2**62, 2**63 - 1, -(2**63))


MESSAGES = (
    tcp.Message.HEARTBEAT,
    tcp.Message.RESEND,
    tcp.Message.INSTRUMENTS,
    tcp.Message.SUBSCRIBE,
    tcp.Message.UNSUBSCRIBE,
)


class Spoiler:
    """An endless stream of pieces for one session; nothing of it is right for long."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._seq = 0

    def resume(self, last_seq: int) -> None:
        """Count on from there: a client that was refused for a gap has asked what is next."""
        self._seq = last_seq

    def frames(self, count: int) -> Iterator[bytes]:
        """Yield pieces of bytes: frames that are whole, spoilt, cut, doubled, or noise."""
        for _ in range(count):
            data = framed(*[self._record() for _ in range(self._random.randint(1, 5))])
            chance = self._random.random()
            if self._random.random() < 0.05:
                data = tcp.frame(self._message())
            if chance < 0.5:
                yield data
            elif chance < 0.8:
                yield self._spoil(data)
            elif chance < 0.9:
                yield data[: self._random.randint(0, len(data))]
            elif chance < 0.95:
                yield data + data
            else:
                yield self._random.randbytes(self._random.randint(1, 200))

    def _message(self) -> bytes:
        """Return a message of the session, but none that ends it."""
        random = self._random
        kind = random.choice(MESSAGES)
        instrument = random.choice((0, 1, 2, 3, 2**32 - 1))
        head = (kind, 0, tcp.MESSAGES[kind].size, instrument, 0, 0, 0)
        if kind in {tcp.Message.SUBSCRIBE, tcp.Message.UNSUBSCRIBE}:
            return tcp.MESSAGES[kind].pack(*head, random.randint(0, 8))
        if kind is tcp.Message.RESEND:
            return tcp.RESEND.pack(*head, self._number(self._seq))
        return tcp.MESSAGES[kind].pack(*head)

    def _record(self) -> bytes:
        random, known = self._random, self._random.randint(0, self._seq + 1)
        self._seq += random.choice((0, 1, 1, 1, 1, 1, 1, 1, 2))
        seq = self._seq
        kind = random.randrange(8)
        if kind < 4:
            price, qty = (
                self._number(100 * random.randint(40, 60)),
                self._number(random.randint(1, 9)),
            )
            more = {"instrument": random.randint(0, 3), "tif": random.randint(0, 3)}
            return place(
                seq, self._number(seq), side=random.randint(0, 1), price=price, qty=qty, **more
            )
        if kind == 4:
            return cancel(seq, self._number(known), random.choice((0, 0, 11, 12)))
        if kind == 5:
            return random.choice((cancel_all(seq), reduce(seq, known, self._number(1))))
        if kind == 6:
            return replace(seq, known, self._number(5_000), self._number(5))
        head = (random.randrange(256), 0, 40, 1, seq, 0, 0)
        return records.HEADER.pack(*head) + random.randbytes(8)

    def _number(self, usual: int) -> int:
        return self._random.choice(EDGES) if self._random.random() < 0.05 else usual

    def _spoil(self, data: bytes) -> bytes:
        spoilt = bytearray(data)
        for _ in range(self._random.randint(1, 8)):
            where = self._random.randrange(min(len(spoilt), 4 + self._random.choice((8, 100, 400))))
            spoilt[where] = self._random.choice((0, 1, 127, 128, 255, self._random.randrange(256)))
        return bytes(spoilt)


def beat() -> bytes:
    """Return a heartbeat."""
    return tcp.frame(tcp.HEARTBEAT.pack(tcp.Message.HEARTBEAT, 0, 32, 0, 0, 0, 0))
