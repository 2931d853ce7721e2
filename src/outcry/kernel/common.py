"""Most records are new orders and cancels with which nothing is wrong; most facts answer them.

These functions go past them, and do what `intake.read_record` and `answers.tell_fact` do with each,
with what they need at hand. They stop before anything else.
"""

from outcry.kernel.constants import (
    CANCEL_SHAPE,
    CANCEL_WORDS,
    LAST_OF_SEQ,
    ORDER_CANCELLED,
    ORDER_PLACED,
    PLACE_SHAPE,
    PLACE_WORDS,
    SESSION_SHIFT,
)
from outcry.kernel.layout import SHAPE, Core
from outcry.kernel.session_layout import (
    FLAGS,
    FRAME_BYTES,
    ID_LIMIT,
    LENGTH_BYTES,
    LONGEST_COMMON,
    Session,
    Sessions,
    give_words,
    load_word,
    session_at,
    store_word,
    take_words,
)


def read_common(state: Sessions, core: Core, session: Session, start: int, time_us: int) -> int:
    """Make commands of orders and cancels as long as nothing is wrong with them; go past them."""
    source = state.source
    work = state.work
    asked = state.asked
    account = session.account
    last_id = session.last_id
    family = state.current
    family = family << SESSION_SHIFT
    before = session.last_seq - state.asked_count
    turn = state.asked_count
    first = core.seq + 1
    to = state.work_at
    at = start
    while to < state.work_most and at + 8 * CANCEL_WORDS <= state.frame_end:
        head = load_word(source, at) & ~FLAGS
        client_id = load_word(source, at + 32)
        words = words_of_common(head, client_id, last_id, state.frame_end - at)
        if words == 0 or load_word(source, at + 8) != before + turn + 1:
            break
        if load_word(source, at + 24) not in (0, account):
            break
        if words == PLACE_WORDS:
            last_id = client_id
            take_words(work, to + 6, source, at + 48, 5)
            work[to + 5] = session.stp_group
        asked[2 * turn] = client_id
        asked[2 * turn + 1] = head & 255
        work[to] = head
        work[to + 1] = first + turn
        work[to + 2] = time_us
        work[to + 3] = account
        work[to + 4] = client_id | family
        turn += 1
        to += words
        at += 8 * words
    session.last_id = last_id
    session.last_seq = before + turn
    state.asked_count = turn
    state.work_at = to
    return at


def words_of_common(head: int, client_id: int, last_id: int, room: int) -> int:
    """Return the words of a new order or cancel with which nothing is wrong so far, or 0."""
    if client_id <= 0 or client_id >= ID_LIMIT:
        return 0
    if head & SHAPE == CANCEL_SHAPE:
        return CANCEL_WORDS
    if head & SHAPE == PLACE_SHAPE and client_id > last_id and room >= 8 * PLACE_WORDS:
        return PLACE_WORDS
    return 0


def tell_common(state: Sessions, core: Core, start: int, stop: int) -> int:
    """Tell the current session of its own orders that rest or are cancelled; go past these facts.

    Does what `tell_fact` does, for most of all facts, as long as nobody wants to see the books and
    the frame has room. Leaves in ``told`` how many commands have all their answers.
    """
    state.told = 0
    if state.current == 0 or state.wants_books:
        return start
    out = core.out
    to = state.out_at
    last = state.frame_at + LENGTH_BYTES + FRAME_BYTES
    last = min(last, state.out_room - LENGTH_BYTES) - 8 * LONGEST_COMMON
    session = session_at(state, state.current)
    family = state.current
    sent = session.sent
    told = 0
    at = start
    while at < stop and to <= last:
        head = out[at]
        kind = head & 255
        order_id = out[at + 4]
        if (kind not in (ORDER_PLACED, ORDER_CANCELLED)) or order_id >> SESSION_SHIFT != family:
            break
        sent += 1
        give_words(state.out, to, out, at, 8)
        store_word(state.out, to + 8, sent)
        store_word(state.out, to + 32, order_id & (ID_LIMIT - 1))
        if kind == ORDER_CANCELLED:
            store_word(state.out, to + 64, out[at + 8])
        told += (head >> 8) & LAST_OF_SEQ
        at += (head >> 19) & 8191
        to += 8 * ((head >> 19) & 8191)
    session.sent = sent
    state.out_at = to
    state.told = told
    return at
