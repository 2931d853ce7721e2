"""From facts of the kernel to messages of sessions.

The facts of a call belong to commands of one session, the current one. Facts about its own orders
become its answers, in frames; facts about the orders of others are put aside, each with the place
of the session it is for. Every message carries the count of its session, and the client's own
order id. Exactly one answer to each command has the flag that it is the last one to it.
"""

from outcry.kernel.bits import fact_head, join_halves, word_high, word_low
from outcry.kernel.common import tell_common
from outcry.kernel.constants import (
    COMMAND_DONE,
    COMMAND_REJECTED,
    LAST_OF_SEQ,
    ORDER_CANCELLED,
    ORDER_PLACED,
    ORDER_REDUCED,
    ORDER_REJECTED,
    ORDER_REPLACED,
    PLACE_ORDER,
    SESSION_SHIFT,
    TRADED,
)
from outcry.kernel.layout import Core, more_ints
from outcry.kernel.placing import find_book
from outcry.kernel.session_layout import (
    ANSWER_WORDS,
    FRAME_BYTES,
    ID_LIMIT,
    MESSAGE_FILL,
    MESSAGE_TRADE,
    Sessions,
    give_words,
    load_word,
    more_octets,
    session_at,
    store_length,
    store_word,
)


def open_frames(state: Sessions) -> None:
    """Begin the answers anew."""
    state.out_at = 4
    state.frame_at = 0


def close_frames(state: Sessions) -> int:
    """Finish the answers and return their bytes."""
    length = state.out_at - state.frame_at - 4
    if length == 0:
        return state.frame_at
    store_length(state.out, state.frame_at, length)
    return state.out_at


def answer_room(state: Sessions, size: int) -> int:
    """Return where the next record of *size* bytes goes in the answers."""
    if state.out_at + size + 4 > state.out_room:
        room = 2 * (state.out_room + size)
        state.out = more_octets(state.out, state.out_at, room)
        state.out_room = room
    if state.out_at + size - state.frame_at - 4 > FRAME_BYTES:
        store_length(state.out, state.frame_at, state.out_at - state.frame_at - 4)
        state.frame_at = state.out_at
        state.out_at += 4
    at = state.out_at
    state.out_at = at + size
    return at


def aside_room(state: Sessions, place: int, size: int) -> int:
    """Return where a record of *size* bytes for the session at *place* goes."""
    if state.aside_at + size + 16 > state.aside_room:
        room = 2 * (state.aside_room + size + 16)
        state.aside = more_octets(state.aside, state.aside_at, room)
        state.aside_room = room
    at = state.aside_at
    session = session_at(state, place)
    if session.first == 0:
        session.first = at + 1
        touch(state, place)
    else:
        store_word(state.aside, session.last - 1, at + 1)
    session.last = at + 1
    store_word(state.aside, at, 0)
    store_word(state.aside, at + 8, size)
    state.aside_at = at + 16 + size
    return at + 16


def touch(state: Sessions, place: int) -> None:
    """Remember that something was put aside for the session at *place*."""
    if state.touched_count == state.touched_room:
        room = 2 * state.touched_room + 16
        state.touched = more_ints(state.touched, state.touched_count, room)
        state.touched_room = room
    state.touched[state.touched_count] = place
    state.touched_count += 1


def place_of(state: Sessions, order_id: int) -> int:
    """Return the place of the session whose order that is, or 0."""
    place = order_id >> SESSION_SHIFT
    return place if place <= state.session_count else 0


def open_message(state: Sessions, place: int, size: int) -> int:
    """Return where in `target` the next message of the session at *place* is written."""
    session_at(state, place).sent += 1
    if place == state.current:
        at = answer_room(state, size)
        state.target = state.out
    else:
        at = aside_room(state, place, size)
        state.target = state.aside
    return at


def copy_fact(state: Sessions, core: Core, place: int, at: int, words: int, client_id: int) -> None:
    """Tell the session at *place* a fact as it stands, but for its number and the order's id."""
    if place == 0:
        return
    to = open_message(state, place, 8 * words)
    target = state.target
    out = core.out
    keeps = LAST_OF_SEQ if place == state.current else 0
    store_word(target, to, out[at] & ~((LAST_OF_SEQ ^ keeps) << 8))
    store_word(target, to + 8, session_at(state, place).sent)
    store_word(target, to + 16, out[at + 2])
    store_word(target, to + 24, session_at(state, place).account)
    store_word(target, to + 32, client_id)
    if words > ANSWER_WORDS:
        give_words(target, to + 40, out, at + ANSWER_WORDS, words - ANSWER_WORDS)


def refuse_asked(state: Sessions, core: Core, at: int, asked: int) -> None:
    """Tell the current session that its command was refused, by the kernel or before it."""
    client_id = state.asked[2 * asked]
    kind = state.asked[2 * asked + 1] & 255
    reject = word_high(state.asked[2 * asked + 1])
    record_type = ORDER_REJECTED if kind == PLACE_ORDER else COMMAND_REJECTED
    if reject == 0:
        reject = word_low(core.out[at + 5])
    state.refused[reject] += 1
    core.out[at] = fact_head(record_type, LAST_OF_SEQ, 6, word_high(core.out[at]))
    core.out[at + 5] = reject if kind == PLACE_ORDER else join_halves(reject, kind)
    copy_fact(state, core, state.current, at, 6, client_id)


def tell_fill(state: Sessions, core: Core, at: int, role: int) -> None:
    """Tell the taker (0) or the maker (1) of the fill at *at*."""
    out = core.out
    order_id = out[at + 10] if role == 1 else out[at + 7]
    place = place_of(state, order_id)
    if place == 0:
        return
    to = open_message(state, place, 88)
    target = state.target
    tail = out[at + 13]
    taker = (tail >> 40) & 255 | ((tail >> 48) & 255) << 8
    owner = (tail >> 56) & 255 | (out[at + 14] & 255) << 8 if role == 1 else taker
    match = (tail >> 32) & 255
    last = (out[at] >> 8) & LAST_OF_SEQ & (1 - role)
    store_word(target, to, fact_head(MESSAGE_FILL, last, 11, word_high(out[at])))
    store_word(target, to + 8, session_at(state, place).sent)
    store_word(target, to + 16, out[at + 2])
    store_word(target, to + 24, session_at(state, place).account)
    store_word(target, to + 32, out[at + 4])
    store_word(target, to + 40, order_id & (ID_LIMIT - 1))
    store_word(target, to + 48, out[at + 5])
    store_word(target, to + 56, out[at + 6])
    store_word(target, to + 64, out[at + 12] if role == 1 else out[at + 8])
    store_word(target, to + 72, 0 if role == 1 else out[at + 9])
    store_word(target, to + 80, join_halves(word_low(tail), match | role << 8 | owner << 16))


def tell_public(state: Sessions, core: Core, at: int) -> None:
    """Write the fill at *at* as everybody may see it."""
    if state.trades_at + 64 > state.trades_room:
        room = 2 * state.trades_room + 1024
        state.trades = more_octets(state.trades, state.trades_at, room)
        state.trades_room = room
    out = core.out
    to = state.trades_at
    target = state.trades
    tail = out[at + 13]
    bids = ((tail >> 40) ^ (tail >> 48)) & 1
    store_word(target, to, fact_head(MESSAGE_TRADE, 0, 8, word_high(out[at])))
    store_word(target, to + 8, out[at + 1])
    store_word(target, to + 16, out[at + 2])
    store_word(target, to + 24, 0)
    store_word(target, to + 32, out[at + 4])
    store_word(target, to + 40, out[at + 5])
    store_word(target, to + 48, out[at + 6])
    store_word(target, to + 56, join_halves(word_low(tail), (tail >> 32) & 255 | bids << 8))
    state.trades_at = to + 64


def note_book(state: Sessions, core: Core, instrument: int) -> None:
    """Remember that a book changed."""
    index = find_book(core, instrument).index
    if index >= state.flags_room:
        room = 2 * index + 16
        state.is_changed = more_ints(state.is_changed, state.flags_room, room)
        state.changed = more_ints(state.changed, state.changed_count, room)
        for place in range(state.flags_room, room):
            state.is_changed[place] = 0
        state.flags_room = room
    if state.is_changed[index] == 0:
        state.is_changed[index] = 1
        state.changed[state.changed_count] = index
        state.changed_count += 1


def tell_facts(state: Sessions, core: Core, start: int, stop: int) -> None:
    """Tell everybody concerned the facts between two words of the kernel's output."""
    asked = 0
    at = start
    while at < stop:
        at = tell_common(state, core, at, stop)
        asked += state.told
        if at >= stop:
            return
        head = core.out[at]
        kind = head & 255
        tell_fact(state, core, at, kind, asked)
        if state.wants_books and kind not in (ORDER_REJECTED, COMMAND_REJECTED):
            note_book(state, core, word_high(head))
        if head >> 8 & LAST_OF_SEQ:
            asked += 1
        at += (head >> 19) & 8191


def tell_fact(state: Sessions, core: Core, at: int, kind: int, asked: int) -> None:
    """Tell one fact to whom it concerns."""
    words = (core.out[at] >> 19) & 8191
    if kind == TRADED:
        tell_fill(state, core, at, 0)
        tell_fill(state, core, at, 1)
        if state.wants_trades:
            tell_public(state, core, at)
    elif kind in (ORDER_PLACED, ORDER_CANCELLED, ORDER_REDUCED, ORDER_REPLACED):
        order_id = core.out[at + 4]
        place = place_of(state, order_id)
        copy_fact(state, core, place, at, words, order_id & (ID_LIMIT - 1))
    elif state.current == 0 or asked >= state.asked_count:
        return
    elif kind in (ORDER_REJECTED, COMMAND_REJECTED):
        refuse_asked(state, core, at, asked)
    elif kind == COMMAND_DONE:
        copy_fact(state, core, state.current, at, words, core.out[at + 4])


def gather(state: Sessions, place: int) -> int:
    """Write all that was put aside for the session at *place* as frames; return their bytes."""
    open_frames(state)
    session = session_at(state, place)
    at = session.first
    while at != 0:
        size = load_word(state.aside, at + 7)
        to = answer_room(state, size)
        for offset in range(0, size, 8):
            store_word(state.out, to + offset, load_word(state.aside, at + 15 + offset))
        at = load_word(state.aside, at - 1)
    session.first = 0
    session.last = 0
    return close_frames(state)
