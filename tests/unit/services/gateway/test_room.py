"""The room on its own: inputs carried out again tell what they told the first time."""

from tests.support.tcp_records import add_instrument, framed, numbers, place, unframed

from outcry.services.gateway.journal import Entry, Kind
from outcry.services.gateway.room import Room


def test_a_replay_tells_an_own_order_that_expired_before_the_answers() -> None:
    """What is sent again after a start comes in the order of its numbers."""
    told: list[bytes] = []
    room = Room(lambda _place, data: told.append(data))
    room.apply(Entry(Kind.COMMANDS, 0, 1, add_instrument()))
    session = room.open(5, 1, 5)
    dated = framed(place(1, 1, price=100, tif=1, expire_at_us=5_000))
    room.apply(Entry(Kind.FRAMES, session, 4_000, dated))
    room.apply(Entry(Kind.FRAMES, session, 6_000, framed(*(place(n, n) for n in (2, 3, 4)))))

    assert numbers(unframed(b"".join(told))) == [1, 2, 3, 4, 5]
