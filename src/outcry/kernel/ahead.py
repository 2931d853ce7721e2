"""Fetches into the cache what the next commands will touch. Only compiled; it changes nothing.

What a command needs is found by following indices from one table to the next, and each step may
miss the cache. The records of a batch are all there, so the steps are taken in four stages, some
records ahead of the command at hand: what one stage fetches, the next one reads. What is touched
last and decides nothing, such as the neighbours of an order in its account, is left to the command:
waiting for that, the processor goes on, and looking would cost as much.

Nothing here asks what kind of record it looks at: nobody can guess that, and each wrong guess would
cost as much as the whole look. Every record is read as an order to be placed and as one to be
cancelled. The part that it is not leads to node 0, or to one that nobody needs.

The fields of records ahead are not checked yet, and tables may move before they are. Therefore:
an entry of a table is taken under the table's own mask or bounds; a view is forgotten when any
memory of the shard has moved since (``moves``); an index read from a table names a node of the
pool; and everything else is only fetched, which is harmless at any address.
"""

import cython

from outcry.kernel.bits import book_side, choose, is_below, prefetch, rarely, word_high, words_from
from outcry.kernel.constants import LEAD, PLACE_WORDS, STAGE, TURNS
from outcry.kernel.ids import place_in
from outcry.kernel.layout import Core, View, book_at, moves, node_at


def start_look_ahead(core: Core, src: memoryview, at: int, end: int) -> None:
    """Begin before the record at *at* is processed."""
    forget_views(core)
    core.turn = 0
    core.far_at = at
    for _ in range(LEAD):
        look_ahead(core, src, end)


def forget_views(core: Core) -> None:
    """Forget the records in view: let each view lead nowhere."""
    core.seen_moves = moves()
    for turn in range(TURNS):
        view = cython.address(core.views[turn])
        view.cmd = cython.address(core.blank[0])
        view.book = book_at(core, 0)
        view.order = cython.address(core.nothing)
        view.level = cython.address(core.nothing)
        view.index = view.best = 0


def look_ahead(core: Core, src: memoryview, end: int) -> None:
    """Take one more record into view, and three of those in view one stage further."""
    if rarely(core.seen_moves != moves()):
        forget_views(core)
    turn = core.turn
    core.turn = turn + 1
    look_last(core, cython.address(core.views[(turn - 3 * STAGE) & (TURNS - 1)]))
    look_near(core, cython.address(core.views[(turn - 2 * STAGE) & (TURNS - 1)]))
    look_far(core, cython.address(core.views[(turn - STAGE) & (TURNS - 1)]))
    at = core.far_at
    cmd = words_from(cython.address(core.blank[0]), 0)
    if at + PLACE_WORDS <= end:
        cmd = words_from(src, at)
        words = (cmd[0] >> 19) & 8191
        core.far_at = at + words if words != 0 else end
    look_first(core, cython.address(core.views[turn & (TURNS - 1)]), cmd)


def look_first(core: Core, view: View, cmd: memoryview) -> None:
    """Fetch the book, or one that stands where it may stand, and the place of the id."""
    view.cmd = cmd
    view.book = core.book_table[word_high(cmd[0]) & core.book_mask]
    view.order = cython.address(core.recent[place_in(cmd[4], core.recent_mask)])
    prefetch(cython.address(view.book.instrument))
    prefetch(cython.address(view.book.uncommon))
    prefetch(view.order)


def look_far(core: Core, view: View) -> None:
    """Fetch the order, the slot of the price, and the level at the opposite touch."""
    book = view.book
    cmd = view.cmd
    view.index = view.order[0]
    view.best = book.best_level[1 - book_side(cmd[6])]
    offset = cmd[7] - book.base
    slot = (offset * book.reciprocal) >> 32
    is_inside = is_below(offset, book.common_span)
    view.level = choose(is_inside, cython.address(book.ladder[slot]), cython.address(core.nothing))
    prefetch(view.level)
    prefetch(node_at(core, view.index))
    prefetch(node_at(core, view.best))


def look_near(core: Core, view: View) -> None:
    """Fetch the level, the neighbours of the order there, and the first order at the touch."""
    node = node_at(core, view.index)
    prefetch(node_at(core, view.level[0] | node.level))
    prefetch(node_at(core, node.next))
    prefetch(node_at(core, node.prev))
    prefetch(node_at(core, node_at(core, view.best).next))


def look_last(core: Core, view: View) -> None:
    """Fetch the place of the id of the first order at the touch: it may be about to be filled."""
    maker = node_at(core, node_at(core, view.best).next)
    prefetch(cython.address(core.recent[place_in(maker.order_id, core.recent_mask)]))


def peek(core: Core, cmd: memoryview) -> None:
    """Fetch the order that the next record names: enough if most of the rest is in the cache."""
    prefetch(node_at(core, core.recent[place_in(cmd[4], core.recent_mask)]))
