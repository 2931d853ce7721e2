"""The memory of sessions: structs, and the primitives that C and Python spell differently.

As in `layout`: interpreted, these classes and functions are used; compiled, the structs and inline
functions of the same names in session_layout.pxd.
"""

from outcry.kernel.layout import Core
from outcry_wire.tcp import CLIENT_ID_LIMIT, FIRST_MESSAGE, FRAME_HEAD, FRAME_MAX, Message


#: Places of sessions, at most: their orders' ids stay below 2**62.
PLACES_MAX = 1 << 22
#: Words of an answer that are not those of the fact: its header and the order's id.
ANSWER_WORDS = 5
#: Words of the longest fact that is told as it stands: an order that is cancelled.
LONGEST_COMMON = 9
#: The byte of flags in the first word of a record.
FLAGS = 0xFF00
#: How reading may end before the bytes do.
FAULT_FRAME = 1
FAULT_RECORD = 2
ID_LIMIT = CLIENT_ID_LIMIT
FRAME_BYTES = FRAME_MAX
LENGTH_BYTES = FRAME_HEAD.size
#: From the begin of a frame to the number of its first message.
NUMBER_AT = LENGTH_BYTES + 8
#: Words of commands after which they are carried out: what is read, done and told stays in the
#: cache that is nearest.
WORK_WORDS = 256
#: The same for large books: looking ahead gains more by long pieces than the cache loses.
WORK_WORDS_AHEAD = 1024
#: Reject numbers are below this.
REJECTS = 1024
#: Bytes that the first ring of a session has beside those it is made for.
RING_MIN = 512
MESSAGE_FIRST = FIRST_MESSAGE
MESSAGE_FILL = int(Message.FILL)
MESSAGE_TRADE = int(Message.TRADE)


class Session:
    """One client that may go and come back. That at place 0 is nobody."""

    def __init__(self) -> None:
        self.account = self.stp_group = 0
        #: Its last command that was taken, its highest order id, its last numbered message.
        self.last_seq = self.last_id = self.sent = 0
        #: Where in `aside` its first and last record is, behind one; 0: there is none.
        self.first = self.last = 0
        #: A ring of frames that it was told: where the oldest begins, bytes in use, its size.
        self.kept = memoryview(bytearray())
        self.kept_at = self.kept_bytes = self.kept_room = 0


class Sessions:
    """Every session, and the buffers between clients and the kernel."""

    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.session_room = self.session_count = 0
        #: Time of the newest input, and bytes of frames that may be kept for each session.
        self.time_us = self.kept_most = 0
        # the bound bytes of clients, and the commands made of them
        self.source = memoryview(b"")
        self.source_bytes = 0
        #: Where reading goes on, and where the frame at hand ends.
        self.read_at = self.frame_end = 0
        self.work = memoryview(bytearray()).cast("q")
        self.work_at = self.work_most = 0
        #: Of each command the client's order id, and its type and our own reject, if any.
        self.asked = memoryview(bytearray()).cast("q")
        self.asked_count = 0
        # answers to the session at hand, in frames
        self.current = 0
        self.out = memoryview(bytearray())
        self.out_at = self.out_room = self.frame_at = 0
        # what others are told: place of the session, the next one's place, then the record
        self.aside = memoryview(bytearray())
        self.aside_at = self.aside_room = 0
        self.touched: list[int] = []
        self.touched_count = self.touched_room = 0
        #: Commands of which the last facts were the answers.
        self.told = 0
        #: Where the message at hand is being written: `out` or `aside`.
        self.target = memoryview(bytearray())
        # public: fills, and the books that changed
        self.wants_trades = self.wants_books = 0
        self.trades = memoryview(bytearray())
        self.trades_at = self.trades_room = 0
        self.changed: list[int] = []
        self.changed_count = self.changed_room = 0
        self.is_changed: list[int] = []
        self.flags_room = 0
        #: How many commands were refused, by the number of the reject.
        self.refused = memoryview(bytearray()).cast("q")
        # how the last call ended
        self.consumed = self.taken = self.fault = self.has_message = 0


def new_state() -> Sessions:
    """Return the memory of no sessions."""
    return Sessions()


def more_sessions(old: list[Session], count: int, room: int) -> list[Session]:
    """Grow the sessions; in C one obtained before has moved."""
    return old[:count] + [Session() for _ in range(room - count)]


def session_at(state: Sessions, place: int) -> Session:
    """Return the session at that place, to be read and changed."""
    return state.sessions[place]


def more_octets(old: memoryview, count: int, room: int) -> memoryview:
    """Return *old*, of which *count* bytes are in use, with room for *room*."""
    larger = bytearray(room)
    larger[:count] = old[:count]
    return memoryview(larger)


def no_octets() -> memoryview:
    """Return an area of no bytes."""
    return memoryview(bytearray())


def room_for_octets(room: int) -> memoryview:
    """Return a new area of *room* bytes."""
    return memoryview(bytearray(room))


def octet_at(octets: memoryview, at: int) -> int:
    """Return the byte at *at*."""
    return octets[at]


def copy_octets(to: memoryview, at: int, octets: memoryview, place: int, count: int) -> None:
    """Copy *count* bytes, which do not overlap."""
    to[at : at + count] = octets[place : place + count]


def octets_in(view: memoryview) -> memoryview:
    """Return the bytes in *view*."""
    return view


def text_between(octets: memoryview, start: int, stop: int) -> bytes:
    """Return a copy of some bytes."""
    return octets[start:stop].tobytes()


def load_word(octets: memoryview, at: int) -> int:
    """Return the little-endian word that begins at byte *at*."""
    return int.from_bytes(octets[at : at + 8], "little", signed=True)


def store_word(octets: memoryview, at: int, word: int) -> None:
    """Write a word at byte *at*."""
    octets[at : at + 8] = (word & 0xFFFF_FFFF_FFFF_FFFF).to_bytes(8, "little")


def take_words(to: memoryview, at: int, octets: memoryview, place: int, words: int) -> None:
    """Copy *words* words that begin at byte *place* of *octets*."""
    for turn in range(words):
        to[at + turn] = load_word(octets, place + 8 * turn)


def give_words(octets: memoryview, place: int, words_from: memoryview, at: int, words: int) -> None:
    """Copy *words* words to byte *place* of *octets*."""
    for turn in range(words):
        store_word(octets, place + 8 * turn, words_from[at + turn])


def load_length(octets: memoryview, at: int) -> int:
    """Return the big-endian length of a frame that begins at byte *at*."""
    return int.from_bytes(octets[at : at + 4], "big")


def store_length(octets: memoryview, at: int, length: int) -> None:
    """Write the length of a frame at byte *at*."""
    octets[at : at + 4] = length.to_bytes(4, "big")


def core_of(engine: object) -> Core:
    """Return the shard of an engine."""
    core: Core = engine.core  # type: ignore[attr-defined]  # C knows its type
    return core
