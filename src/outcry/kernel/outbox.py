"""What a session was told last, as it was told, so that it can be sent again.

Each session has a ring of whole frames, none until it is told something; it grows up to
``kept_most`` bytes, then the oldest frames go. It decides nothing, and is no part of a snapshot.
"""

from outcry.kernel.layout import release
from outcry.kernel.session_layout import (
    LENGTH_BYTES,
    NUMBER_AT,
    RING_MIN,
    Session,
    Sessions,
    copy_octets,
    load_length,
    no_octets,
    octet_at,
    room_for_octets,
    session_at,
)


def keep_frames(state: Sessions, place: int, octets: memoryview, size: int) -> None:
    """Keep *size* bytes of whole frames for the session at *place*, and forget old ones for them.

    Of more than may be kept at all, the last frames that fit are.
    """
    if state.kept_most == 0:
        return
    session = session_at(state, place)
    at = 0
    while size - at > state.kept_most:
        at += LENGTH_BYTES + load_length(octets, at)
        session.kept_bytes = 0
    count = size - at
    if count == 0:
        return
    if session.kept_bytes + count > session.kept_room:
        make_ring_room(state, session, count)
    to = session.kept_at + session.kept_bytes
    if to >= session.kept_room:
        to -= session.kept_room
    first = session.kept_room - to
    first = min(first, count)
    copy_octets(session.kept, to, octets, at, first)
    copy_octets(session.kept, 0, octets, at + first, count - first)
    session.kept_bytes += count


def make_ring_room(state: Sessions, session: Session, count: int) -> None:
    """Let the ring grow, or its oldest frames go, until *count* bytes fit."""
    room = 2 * (session.kept_bytes + count) + RING_MIN
    room = min(room, state.kept_most)
    if room > session.kept_room:
        larger = room_for_octets(room)
        unroll(session, larger)
        release(session.kept)
        session.kept = larger
        session.kept_room = room
        session.kept_at = 0
    while session.kept_bytes + count > session.kept_room:
        length = LENGTH_BYTES + (
            kept_octet(session, 0) << 24
            | kept_octet(session, 1) << 16
            | kept_octet(session, 2) << 8
            | kept_octet(session, 3)
        )
        session.kept_bytes -= length
        session.kept_at = (session.kept_at + length) % session.kept_room


def unroll(session: Session, target: memoryview) -> None:
    """Copy the ring to *target*, oldest first."""
    first = session.kept_room - session.kept_at
    first = min(first, session.kept_bytes)
    copy_octets(target, 0, session.kept, session.kept_at, first)
    copy_octets(target, first, session.kept, 0, session.kept_bytes - first)


def kept_octet(session: Session, offset: int) -> int:
    """Return one byte of the ring, counted from the oldest."""
    return octet_at(session.kept, (session.kept_at + offset) % session.kept_room)


def oldest_number(session: Session) -> int:
    """Return the number of the oldest message that is kept, 0 if none is."""
    number = 0
    if session.kept_bytes != 0:
        for offset in range(8):
            number = number << 8 | kept_octet(session, NUMBER_AT + 7 - offset)
    return number


def forget_frames(session: Session) -> None:
    """Begin with an empty ring that takes no memory."""
    session.kept = no_octets()
    session.kept_at = session.kept_bytes = session.kept_room = 0


def free_sessions(state: Sessions) -> None:
    """Give back everything that sessions own."""
    for place in range(1, state.session_count + 1):
        release(session_at(state, place).kept)
    release(state.sessions)
    release(state.work)
    release(state.asked)
    release(state.out)
    release(state.aside)
    release(state.touched)
    release(state.trades)
    release(state.changed)
    release(state.is_changed)
    release(state.refused)
    release(state)
