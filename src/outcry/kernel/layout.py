"""The memory of a shard: structs, and the few primitives that C and Python spell differently.

Interpreted, the kernel works on the classes and functions below, in lists. Compiled, it works on
the C structs and inline functions of the same names in layout.pxd, in flat arrays, and this
module is not used. The rest of the kernel is written once: it reads fields and indexes arrays.
Index 0 of every pool means "none".

A `Node` plays one of three roles and lives in one pool, so that lists need no special ends:

* an **order** that rests;
* a **level**: the closing node of the ring of orders at one price, which it counts in lots;
* an **account**: the closing node of the ring of its orders, which it counts.

What all orders of a ring have in common, its closing node knows: their price, their account.
"""

from outcry_wire.bookhash import OFFSET
from outcry_wire.snapshot import SNAPSHOT_MAGIC


#: What an order would have to reach in an empty book: no price does.
NO_TOUCH = 2**63 - 1
#: No price of an unbounded instrument is as large.
PRICE_LIMIT = 2**53
#: No ladder reaches further from price 0.
WINDOW_LIMIT = 2**60
#: A limit on orders that was never set.
NO_LIMIT = 2**62
#: No budget is as large.
BUDGET_LIMIT = 10**18
RECIPROCAL_LIMIT = 2**32
HASH_START = OFFSET
#: Bits of the choices of a PLACE_ORDER that are 0 in a limit order that is GTC or IOC, whatever its
#: outcome (on a market), side and self-trade mode, post-only or not.
UNCOMMON_MARKET = 0x0000_FCFE_FDFF_FEFE
UNCOMMON_PLAIN = 0x0000_FCFE_FDFF_FEFF
#: Those that tell, among such orders, one that is IOC, and one that is post-only.
IMMEDIATE = 1 << 25
POST_ONLY = 1 << 32
#: Bits of the first word of a record that say its type and length.
SHAPE = 0xFFFF_00FF
#: Indices of nodes differ by this, and room for nodes is counted in it. In C it is 8.
NODE_STEP = 1
MAGIC_WORD = int.from_bytes(SNAPSHOT_MAGIC, "little")


class Node:
    """An order, a level or an account; see the roles above. One cache line in C."""

    __slots__ = (
        *("next", "prev", "younger", "older", "order_id", "price", "account"),
        *("remaining", "filled", "slot", "book", "orders", "level", "owner"),
        *("stp_group", "total", "expire_at_us", "ticket", "choices"),
    )
    #: Neighbours at the price. ``next`` of a free node is the next free one.
    next: int
    prev: int
    #: Neighbours among the orders of the account, by first placement.
    younger: int
    older: int
    order_id: int
    #: Level: its price, which is that of its orders; account: who it is, likewise.
    price: int
    account: int
    #: Order: lots still wanted, and lots filled since it was placed.
    remaining: int
    filled: int
    #: Level: place in the ladder, -1 outside its window; index of its book.
    slot: int
    book: int
    #: Account: how many orders rest.
    orders: int
    #: Order: its level and its account.
    level: int
    owner: int
    stp_group: int
    #: Level: lots of all its orders.
    total: int
    expire_at_us: int
    #: Order that expires: the same as in its entry of the heap.
    ticket: int
    #: The role, above ``outcome | side << 8 | self_trade << 16`` of an order.
    choices: int

    def __init__(self) -> None:
        self.next = self.prev = self.younger = self.older = 0
        self.order_id = self.price = self.account = 0
        self.remaining = self.filled = self.slot = self.book = self.orders = 0
        self.level = self.owner = self.stp_group = self.total = 0
        self.expire_at_us = self.ticket = self.choices = 0


class Expiry:
    """One entry of the heap in `expiry`."""

    def __init__(self) -> None:
        self.at_us = self.order_id = self.ticket = 0


class Book:
    """One instrument with its book; see `ladder` for the fields of the price ladder."""

    def __init__(self) -> None:
        self.instrument = self.kind = self.state = self.index = self.is_regular = self.uncommon = 0
        self.common_span = 0
        self.best_level = [0, 0]
        #: What an order of a side must reach to trade; see `book`.
        self.touch = [NO_TOUCH, NO_TOUCH]
        self.ladder: list[int] = []
        self.occupancy: list[int] = []
        self.base = self.span = self.reciprocal = self.low = self.high = 0
        self.tick = self.grain = self.qty_min = self.qty_max = self.qty_span = self.orders = 0
        self.slots = self.middle = self.top = 0
        self.orders_max = self.price_min = self.price_max = 0
        self.far: list[int] = []
        self.far_count = self.far_room = self.far_opened = 0


class View:
    """A record that is looked at ahead; see `ahead`."""

    def __init__(self) -> None:
        self.book = Book()
        self.cmd = memoryview(b"").cast("q")
        self.index = self.best = 0
        #: Entries of tables that say which order has the id, and which level the price.
        self.order: list[int] = []
        self.level: list[int] = []


class Taker:
    """The order that is entering."""

    def __init__(self) -> None:
        self.order_id = self.account = self.stp_group = self.price = self.budget_left = 0
        self.remaining = self.filled = self.fills = self.choices = self.is_money = 0


class Core:
    """Everything that a shard knows."""

    def __init__(self) -> None:
        self.out = self.own_out = memoryview(bytearray()).cast("q")
        self.at = self.room = self.end = self.last = self.own_room = self.lent_at = self.is_lent = 0
        self.seq = self.now = 0
        self.taker = Taker()
        self.nodes: list[Node] = []
        self.node_room = self.fresh = self.free = self.order_count = 0
        self.books: list[Book] = []
        self.book_count = self.book_room = self.book_mask = 0
        self.by_id: list[int] = []
        #: See `placing.find_book`.
        self.book_table: list[Book] = []
        self.account_table: list[int] = []
        self.account_mask = self.account_used = 0
        #: See `ids`.
        self.recent: list[int] = []
        self.recent_mask = self.newest_id = 0
        self.fading: list[int] = []
        self.fading_mask = self.fading_at = 0
        self.sparse: list[int] = []
        self.sparse_mask = self.sparse_used = 0
        self.salt = 1
        self.heap: list[Expiry] = []
        self.heap_count = self.heap_room = self.heap_stale = self.heap_ticket = 0
        self.time_us = self.account_orders_max = self.total_orders_max = 0
        #: No limit on orders was ever below this.
        self.least_orders_max = 0
        self.sizes = [0] * 256
        self.views = [View() for _ in range(16)]
        self.turn = self.far_at = self.seen_moves = self.nothing = 0
        #: A record that leads nowhere.
        self.blank = [0] * 11


def moves() -> int:
    """Return how often memory has moved or gone, which C must know; here nothing ever does."""
    return 0


def release(area: object) -> None:
    """Give memory back; Python does that by itself."""


def new_ints(count: int) -> list[int]:
    """Return *count* zeros."""
    return [0] * count


def new_places(count: int) -> list[int]:
    """Return *count* zeros that are kept and read at random: in C perhaps on huge pages."""
    return [0] * count


def no_ints() -> list[int]:
    """Return an array that is not there: it is false."""
    return []


def new_book_table(empty: Book, count: int) -> list[Book]:
    """Return a table of instruments in which nothing is filed."""
    return [empty] * count


def new_bits(count: int) -> list[int]:
    """Return *count* words of 64 clear bits."""
    return [0] * count


def no_bits() -> list[int]:
    """Return words that are not there."""
    return []


def new_words(count: int) -> memoryview:
    """Return *count* signed 64-bit words, all 0."""
    return memoryview(bytearray(count * 8)).cast("q")


def more_words(old: memoryview, count: int, room: int) -> memoryview:
    """Return *old*, of which *count* are in use, with room for *room*; likewise below."""
    larger = bytearray(room * 8)
    larger[: count * 8] = old[:count].tobytes()
    return memoryview(larger).cast("q")


def more_ints(old: list[int], count: int, room: int) -> list[int]:
    """Grow an array of ints."""
    return old[:count] + [0] * (room - count)


def more_nodes(old: list[Node], count: int, room: int) -> list[Node]:
    """Grow the nodes."""
    return old[:count] + [Node() for _ in range(room - count)]


def more_books(old: list[Book], count: int, room: int) -> list[Book]:
    """Grow the books. In C a `Book` obtained before has moved: ask for it again."""
    return old[:count] + [Book() for _ in range(room - count)]


def more_expiries(old: list[Expiry], count: int, room: int) -> list[Expiry]:
    """Grow the heap of expiries."""
    return old[:count] + [Expiry() for _ in range(room - count)]


def new_core() -> Core:
    """Return the memory of a shard; `boot` in `shard` makes it usable."""
    return Core()


def book_at(core: Core, index: int) -> Book:
    """Return the book with that index, to be read and changed."""
    return core.books[index]


def node_at(core: Core, index: int) -> Node:
    """Return the node with that index, to be read and changed; in C only until the pool grows."""
    return core.nodes[index]


def note_order(node: Node, cmd: memoryview) -> None:
    """Note in *node* the id, group and lots of a PLACE_ORDER: none is filled."""
    node.order_id = cmd[4]
    node.stp_group = cmd[5]
    node.remaining = cmd[8]
    node.filled = 0


def words_of(data: bytes) -> memoryview:
    """Return the whole words of *data*."""
    return words_in(memoryview(data))


def words_in(view: memoryview) -> memoryview:
    """Return the whole words in *view*, which is one of bytes."""
    return view[: len(view) & ~7].cast("q")


def room_in(view: memoryview) -> memoryview:
    """Return the whole words in *view*, to be written."""
    return words_in(view)


def bytes_of(words: memoryview, start: int, stop: int) -> bytes:
    """Return the bytes of ``words[start:stop]``."""
    return words[start:stop].tobytes()
