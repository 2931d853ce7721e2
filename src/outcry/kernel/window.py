"""Which prices the ladder of a book covers, and how it moves.

* A **narrow** book (every market; a plain instrument with few prices between its bounds) gets a
  ladder over all its prices when its first order rests, and keeps it.
* Any other book gets a window around its first order. When many levels have been opened outside,
  the window moves to the touch, and becomes wider if much still lies outside. Attempts are spaced
  so that the work per opened level stays bounded, whatever the prices are.
* Moving never changes a level, an order or a best price: only where they are found.
"""

from outcry.kernel.bits import reciprocal_of
from outcry.kernel.constants import (
    FAR_PATIENCE,
    SIDE_ASK,
    SIDE_BID,
    SLOTS_FIRST,
    SLOTS_MAX,
    STATE_OPEN,
)
from outcry.kernel.ladder import far_insert, mark, slot_of
from outcry.kernel.layout import (
    NO_TOUCH,
    RECIPROCAL_LIMIT,
    WINDOW_LIMIT,
    Book,
    Core,
    new_bits,
    new_ints,
    no_bits,
    no_ints,
    node_at,
    release,
)


def gcd(a: int, b: int) -> int:
    """Return the greatest common divisor of *a* > 0 and *b*, which may be negative."""
    while b != 0:
        rest = a % b
        a = b
        b = rest
    return a if a > 0 else -a


def floor_to(price: int, grain: int) -> int:
    """Return the highest multiple of *grain* that is not above *price*."""
    rest = price % grain
    if rest < 0:  # C rounds towards zero, Python down
        rest += grain
    return price - rest


def is_narrow(book: Book) -> bool:
    """Return whether a ladder over all allowed prices is small enough."""
    if book.low < -WINDOW_LIMIT or book.high > WINDOW_LIMIT or book.grain > WINDOW_LIMIT:
        return False
    return (book.high - book.low) // book.grain < SLOTS_MAX


def lay(core: Core, book: Book, base: int, slots: int) -> None:
    """Lay a ladder of *slots* from price *base* and put every level of the book there."""
    old_ladder = book.ladder
    old_slots = book.slots
    old_far = book.far
    old_far_count = book.far_count
    release(book.occupancy)
    words = (slots + 63) >> 6
    book.base = base
    book.slots = slots
    book.span = slots * book.grain
    fits = book.grain < SLOTS_MAX and book.span * book.grain <= RECIPROCAL_LIMIT
    book.reciprocal = reciprocal_of(book.grain) if fits else 0
    book.middle = words
    book.top = words + ((words + 63) >> 6)
    book.ladder = new_ints(slots)
    book.occupancy = new_bits(book.top + 1)
    book.far = no_ints()
    book.far_count = book.far_room = book.far_opened = 0
    for slot in range(old_slots):
        if old_ladder[slot] != 0:
            place_level(core, book, old_ladder[slot])
    for rank in range(old_far_count):
        place_level(core, book, old_far[rank])
    release(old_ladder)
    release(old_far)
    note_regular(book)


def place_level(core: Core, book: Book, level: int) -> None:
    """Make *level* known where its price belongs."""
    slot = slot_of(book, node_at(core, level).price)
    node_at(core, level).slot = slot
    if slot >= 0:
        book.ladder[slot] = level
        mark(book, slot)
    else:
        far_insert(core, book, level)


def clear_book(book: Book) -> None:
    """Make *book* one without orders and without a ladder."""
    book.best_level[SIDE_BID] = 0
    book.best_level[SIDE_ASK] = 0
    book.touch[SIDE_BID] = NO_TOUCH
    book.touch[SIDE_ASK] = NO_TOUCH
    book.orders = 0
    book.ladder = no_ints()
    book.occupancy = no_bits()
    book.far = no_ints()
    book.slots = 0
    book.base = book.span = book.common_span = book.reciprocal = 0
    book.is_regular = False
    book.far_count = book.far_room = book.far_opened = 0


def drop_ladder(book: Book) -> None:
    """Give back the ladder of an empty book."""
    release(book.ladder)
    release(book.occupancy)
    release(book.far)
    clear_book(book)


def lay_around(core: Core, book: Book, price: int, slots: int) -> None:
    """Lay a ladder in whose middle *price* is, or over all prices if they are few.

    Around prices or on grids that are too large for exact arithmetic it has no slot: all is far.
    """
    if is_narrow(book):
        base = floor_to(book.low + book.grain - 1, book.grain)
        lay(core, book, base, (book.high - base) // book.grain + 1)
    elif -WINDOW_LIMIT < price < WINDOW_LIMIT and book.grain < WINDOW_LIMIT >> 17:
        lay(core, book, floor_to(price, book.grain) - (slots >> 1) * book.grain, slots)
    else:
        lay(core, book, 0, 0)


def follow(core: Core, book: Book, side: int, price: int) -> None:
    """Consider moving the window before a level at *price*, outside of it, is opened."""
    if book.slots == 0 and book.far_count == 0:
        lay_around(core, book, price, SLOTS_FIRST)
        return
    book.far_opened += 1
    if book.far_opened < FAR_PATIENCE + (book.far_count >> 2):
        return
    book.far_opened = 0
    slots = book.slots
    if slots == 0:
        slots = SLOTS_FIRST
    elif book.far_count >= FAR_PATIENCE and slots < SLOTS_MAX:
        slots *= 4
    centre = price
    if book.best_level[side] != 0:
        centre = node_at(core, book.best_level[side]).price
    shift = centre - (book.base + (book.span >> 1))
    quarter = book.span >> 2
    if slots != book.slots or shift < -quarter or shift > quarter:
        lay_around(core, book, centre, slots)


def set_tick(core: Core, book: Book, tick: int) -> None:
    """Set the grid of new orders. Orders that rest keep their prices."""
    book.tick = tick
    if book.orders == 0:
        drop_ladder(book)
        book.grain = tick
    else:
        refine(core, book, tick)
    note_regular(book)


def note_regular(book: Book) -> None:
    """Note whether the book is open and all that has a slot is on the grid and in bounds."""
    last = book.base + book.span - book.grain
    inside = book.slots != 0 and book.base >= book.low and last <= book.high
    exact = book.reciprocal != 0 and book.tick == book.grain
    book.is_regular = book.state == STATE_OPEN and exact and inside
    book.common_span = book.span if book.is_regular else 0


def refine(core: Core, book: Book, step: int) -> None:
    """Make every multiple of *step* expressible, besides those that are."""
    grain = gcd(book.grain, step)
    if grain == book.grain:
        return
    book.grain = grain
    note_regular(book)
    if book.orders != 0:
        lay_around(core, book, book.base + (book.span >> 1), book.slots)
