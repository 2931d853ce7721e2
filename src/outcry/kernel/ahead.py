"""Fetches into the cache what the next commands will touch. Only compiled; it changes nothing.

What a command needs is found by following indices from one table to the next, and each step may
miss the cache. The records of a batch are all there, so the steps are taken in four stages, some
records ahead of the command at hand: what one stage fetches, the next one reads.

The fields of records ahead are not checked yet, and tables may move before they are. Therefore:
an entry of a table is taken under the table's own mask or bounds; a view is forgotten when any
memory of the shard has moved since (``moves``); an index read from a table names a node of the
pool; and everything else is only fetched, which is harmless at any address.
"""

import cython

from outcry.kernel.bits import prefetch, spread, word_high
from outcry.kernel.constants import CANCEL_ORDER, LEAD, PLACE_ORDER, PLACE_WORDS, STAGE, TURNS
from outcry.kernel.ladder import slot_of
from outcry.kernel.layout import Core, View, book_at, moves, node_at, page_at


def start_look_ahead(core: Core, src: memoryview, at: int, end: int) -> None:
    """Begin before the record at *at* is processed."""
    forget_views(core)
    core.turn = 0
    core.far_at = at
    for _ in range(LEAD):
        look_ahead(core, src, end)


def forget_views(core: Core) -> None:
    """Forget the records in view."""
    core.seen_moves = moves()
    for turn in range(TURNS):
        core.views[turn].kind = 0
        core.views[turn].index = 0


def look_ahead(core: Core, src: memoryview, end: int) -> None:
    """Take one more record into view, and three of those in view one stage further."""
    if core.seen_moves != moves():
        forget_views(core)
    turn = core.turn
    core.turn = turn + 1
    look_near(core, cython.address(core.views[(turn - 3 * STAGE) & (TURNS - 1)]))
    look_mid(core, cython.address(core.views[(turn - 2 * STAGE) & (TURNS - 1)]))
    look_far(core, cython.address(core.views[(turn - STAGE) & (TURNS - 1)]), src)
    view = cython.address(core.views[turn & (TURNS - 1)])
    at = core.far_at
    view.kind = 0
    if at + PLACE_WORDS <= end:
        view.kind = src[at] & 255
        view.at = at
        look_first(core, view, word_high(src[at]))
        words = (src[at] >> 19) & 8191
        core.far_at = at + words if words != 0 else end


def look_first(core: Core, view: View, instrument: int) -> None:
    """Fetch the book, or one that stands where it may stand."""
    view.book = book_at(core, core.book_table[instrument & core.book_mask])
    prefetch(cython.address(view.book.instrument))
    prefetch(cython.address(view.book.uncommon))


def look_far(core: Core, view: View, src: memoryview) -> None:
    """Fetch the entries of tables: of the order's id, or of the account and the price."""
    at = view.at
    if view.kind == PLACE_ORDER:
        slot = slot_of(view.book, src[at + 7])
        if slot < 0:
            view.kind = 0
            return
        view.entry = cython.address(view.book.ladder[slot])
        view.owner = cython.address(core.account_table[spread(src[at + 3], core.account_mask)])
        view.best = view.book.best_level[(src[at + 6] ^ (src[at + 6] >> 8) ^ 1) & 1]
        prefetch(view.owner)
        prefetch(view.entry)
        prefetch(cython.address(core.nodes[view.best]))
    elif view.kind == CANCEL_ORDER:
        page = page_at(core, spread(src[at + 4] >> 16, core.page_mask))
        if not page.nodes:
            view.kind = 0
            return
        view.entry = cython.address(page.nodes[src[at + 4] & 65535])
        prefetch(view.entry)


def look_mid(core: Core, view: View) -> None:
    """Fetch the nodes that those entries name, and the first order at the touch."""
    if view.kind == PLACE_ORDER:
        view.index = view.entry[0]
        view.account = view.owner[0]
        prefetch(cython.address(core.nodes[view.account]))
        prefetch(cython.address(core.links[view.account]))
        prefetch(cython.address(core.nodes[view.index]))
        prefetch(cython.address(core.links[view.index]))
        prefetch(cython.address(core.nodes[core.links[view.best].next]))
    elif view.kind == CANCEL_ORDER:
        view.index = view.entry[0]
        prefetch(cython.address(core.nodes[view.index]))
        prefetch(cython.address(core.links[view.index]))


def look_near(core: Core, view: View) -> None:
    """Fetch the neighbours of those nodes."""
    node = node_at(core, view.index)
    if view.kind == PLACE_ORDER:
        prefetch(cython.address(core.links[core.links[view.index].prev]))
        prefetch(cython.address(core.links[core.links[view.account].older]))
    elif view.kind == CANCEL_ORDER:
        prefetch(cython.address(core.nodes[node.level]))
        prefetch(cython.address(core.nodes[node.owner]))
        prefetch(cython.address(core.links[core.links[view.index].next]))
        prefetch(cython.address(core.links[core.links[view.index].prev]))
        prefetch(cython.address(core.links[core.links[view.index].younger]))
        prefetch(cython.address(core.links[core.links[view.index].older]))
