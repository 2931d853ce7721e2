"""From the bytes of a client to commands of the kernel.

Each record is copied, and what a client cannot decide is written into the copy: number, time,
account and self-trade group. Its own order id becomes one of the whole engine: the place of its
session above the id, so no table is needed and one session can never name an order of another.

A record that is refused before the kernel sees it still takes its turn there, as a record of type
0, so that answers come in the order of the commands.
"""

from outcry.kernel.bits import fact_head, word_high
from outcry.kernel.common import read_common
from outcry.kernel.constants import (
    CANCEL_ALL,
    HEADER_WORDS,
    PLACE_ORDER,
    REJECT_CLIENT_ORDER_ID_INVALID,
    REJECT_CLIENT_ORDER_ID_REUSED,
    REJECT_NOT_OWNER,
    REJECT_OUT_OF_SEQUENCE,
    REJECT_RECORD_INVALID,
    REPLACE_ORDER,
    SESSION_SHIFT,
)
from outcry.kernel.layout import Core
from outcry.kernel.session_layout import (
    FAULT_FRAME,
    FAULT_RECORD,
    FRAME_BYTES,
    ID_LIMIT,
    LENGTH_BYTES,
    MESSAGE_FIRST,
    Session,
    Sessions,
    load_length,
    load_word,
    session_at,
    take_words,
)


def read_frames(state: Sessions, core: Core, stop: int, time_us: int) -> None:
    """Make commands of what the source holds from ``read_at`` to *stop*, as many as fit the cache.

    Stops before a frame that holds a message of the session, and at bytes that are no frame.
    """
    state.work_at = 0
    state.asked_count = 0
    while state.fault == 0 and state.work_at < state.work_most:
        if state.read_at == state.frame_end and not open_frame(state, stop):
            return
        read_records(state, core, time_us)


def open_frame(state: Sessions, stop: int) -> bool:
    """Go to the records of the next frame of commands, if there is a whole one."""
    at = state.read_at
    if at + LENGTH_BYTES > stop:
        return False
    length = load_length(state.source, at)
    if length < 8 * HEADER_WORDS or length > FRAME_BYTES or length & 7 != 0:
        state.fault = FAULT_FRAME
        return False
    if stop - at - LENGTH_BYTES < length:
        return False
    if load_word(state.source, at + LENGTH_BYTES) & 255 >= MESSAGE_FIRST:
        state.has_message = True
        return False
    state.read_at = at + LENGTH_BYTES
    state.frame_end = at + LENGTH_BYTES + length
    return True


def read_records(state: Sessions, core: Core, time_us: int) -> None:
    """Make commands of the records of one frame, as many as fit the cache."""
    session = session_at(state, state.current)
    end = state.frame_end
    at = read_common(state, core, session, state.read_at, time_us)
    while at < end and state.work_at < state.work_most:
        size = 0
        if at + 8 * HEADER_WORDS <= end:
            size = (load_word(state.source, at) >> 16) & 65535
        if size < 8 * HEADER_WORDS or size & 7 != 0 or at + size > end:
            state.fault = FAULT_RECORD
            at = end
        else:
            read_record(state, core, session, at, size, time_us)
            at = read_common(state, core, session, at + size, time_us)
    state.read_at = at


def refuse_client(core: Core, session: Session, head: int, seq: int, account: int) -> int:
    """Return why a record may not come from this client now, or 0."""
    size = (head >> 16) & 65535
    if seq != session.last_seq + 1:
        return REJECT_OUT_OF_SEQUENCE
    session.last_seq = seq
    kind = head & 255
    if kind == 0 or kind > REPLACE_ORDER or size != core.sizes[kind]:
        return REJECT_RECORD_INVALID
    if account not in (0, session.account):
        return REJECT_NOT_OWNER
    return 0


def refuse_id(session: Session, client_id: int) -> int:
    """Return why a new order may not have that id, or 0."""
    if client_id <= 0 or client_id >= ID_LIMIT:
        return REJECT_CLIENT_ORDER_ID_INVALID
    if client_id <= session.last_id:
        return REJECT_CLIENT_ORDER_ID_REUSED
    session.last_id = client_id
    return 0


def read_record(
    state: Sessions, core: Core, session: Session, at: int, size: int, time_us: int
) -> None:
    """Make one command of the record at *at*, whose size is known to be that of its own header."""
    source = state.source
    head = load_word(source, at)
    kind = head & 255
    named = size > 8 * HEADER_WORDS and kind != CANCEL_ALL
    client_id = load_word(source, at + 32) if named else 0
    reject = refuse_client(
        core, session, head, load_word(source, at + 8), load_word(source, at + 24)
    )
    if reject == 0 and kind == PLACE_ORDER:
        reject = refuse_id(session, client_id)
    state.asked[2 * state.asked_count] = client_id
    state.asked[2 * state.asked_count + 1] = kind | reject << 32
    state.asked_count += 1
    words = HEADER_WORDS if reject != 0 else size >> 3
    work = state.work
    to = state.work_at
    work[to] = fact_head(0 if reject != 0 else kind, 0, words, word_high(head))
    work[to + 1] = core.seq + state.asked_count
    work[to + 2] = time_us
    work[to + 3] = session.account
    if words > HEADER_WORDS:
        take_words(work, to + 4, source, at + 32, words - HEADER_WORDS)
        family = state.current
        known = 0 < client_id < ID_LIMIT
        work[to + 4] = client_id | family << SESSION_SHIFT if known else 0
        if kind == PLACE_ORDER:
            work[to + 5] = session.stp_group
    state.work_at = to + words
