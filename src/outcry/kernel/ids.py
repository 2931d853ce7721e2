"""From an order id to its node, in memory bounded by live orders and not by ids ever used.

* Ids are cut into **pages** of 65,536. A directory, hashed by page number, knows each page with a
  live order: how many there are, and the page's array, if it has one.
* Without an array its orders stand in one small hash shared by all such pages. A page gets an array
  at `PROMOTE_AT` live orders (`promote`); when only `DEMOTE_AT` are left, they go back to the hash
  (`demote`). With its last order a page leaves the directory.
* Besides, the hash lends out `GRANTS` arrays: each time it has taken `GRANT_AFTER` orders, the page
  of the last one gets the array of the page that has had its own for longest. So where ids rise by
  one, as the exchange gives them, nearly all are looked up in a few loads, however few orders live.
* So an array of 256 KiB exists while it serves more than `DEMOTE_AT` orders, or is one of `GRANTS`,
  or the spare one.
"""

from outcry.kernel.bits import rarely, spread
from outcry.kernel.constants import DEMOTE_AT, GRANT_AFTER, GRANTS, PAGE_IDS, PROMOTE_AT
from outcry.kernel.layout import Core, Page, new_ints, new_pages, no_ints, node_at, page_at, release


def find_page(core: Core, number: int) -> Page:
    """Return the entry of page *number* in the directory, or the free one where it belongs.

    It stays where it is until an order joins or leaves a page that has no array.
    """
    place = spread(number, core.page_mask)
    page = page_at(core, place)
    while rarely(page.tag != number + 1 and page.tag != 0):
        place = (place + 1) & core.page_mask
        page = page_at(core, place)
    return page


def find_order(core: Core, order_id: int) -> int:
    """Return the node of the live order with that id, or 0."""
    return order_in(core, find_page(core, order_id >> 16), order_id)


def order_in(core: Core, page: Page, order_id: int) -> int:
    """Return the node of the live order with that id, which would be on *page*, or 0."""
    if rarely(not page.nodes):
        return core.sparse[sparse_slot(core, order_id)] if page.live != 0 else 0
    return page.nodes[order_id & 65535]


def add_id(core: Core, page: Page, order_id: int, index: int) -> None:
    """Remember that the order with that id, which belongs on *page*, is at *index*."""
    page.live += 1
    if not rarely(not page.nodes):
        page.nodes[order_id & 65535] = index
    else:
        add_to_sparse_page(core, page, order_id, index)


def add_to_sparse_page(core: Core, page: Page, order_id: int, index: int) -> None:
    """Remember an order on a page without an array, whose count is up to date already."""
    offset = order_id & 65535
    sparse_add(core, order_id, index)
    if page.live == 1:
        page.tag = (order_id >> 16) + 1
        page.low = offset
        page.high = offset
        core.page_used += 1
        if 2 * core.page_used > core.page_mask:
            grow_pages(core)
            page = find_page(core, order_id >> 16)
    page.low = min(page.low, offset)
    page.high = max(page.high, offset)
    core.grant_after -= 1
    if page.live >= PROMOTE_AT:
        promote(core, page)
        page.demote_at = DEMOTE_AT
    elif core.grant_after <= 0 and page.high - page.low < 4 * GRANT_AFTER:
        grant(core, page)


def grant(core: Core, page: Page) -> None:
    """Give *page* an array for as long as no `GRANTS` other pages get one."""
    core.grant_after = GRANT_AFTER
    tag = page.tag
    turn = core.grant_turn
    core.grant_turn = (turn + 1) & (GRANTS - 1)
    if core.granted[turn] != 0:
        end_grant(core, core.granted[turn])
    core.granted[turn] = tag
    page = find_page(core, tag - 1)
    promote(core, page)
    page.demote_at = -1


def end_grant(core: Core, tag: int) -> None:
    """Let the page with that tag keep its array only if it serves many orders."""
    page = find_page(core, tag - 1)
    page.demote_at = DEMOTE_AT
    if page.live <= DEMOTE_AT:
        demote(core, page)
        if page.live == 0:
            remove_page(core, tag - 1)


def remove_id(core: Core, page: Page, order_id: int) -> None:
    """Forget the live order with that id, which is on *page*."""
    page.live -= 1
    if not rarely(not page.nodes):
        page.nodes[order_id & 65535] = 0
        if rarely(page.live <= page.demote_at):
            demote(core, page)
    else:
        remove_from_sparse_page(core, page, order_id)


def remove_from_sparse_page(core: Core, page: Page, order_id: int) -> None:
    """Forget an order on a page without an array, whose count is up to date already."""
    sparse_remove(core, order_id)
    if page.live == 0:
        remove_page(core, order_id >> 16)


def grow_pages(core: Core) -> None:
    """Double the directory."""
    old = core.pages
    old_size = core.page_mask + 1
    core.pages = new_pages(2 * old_size)
    core.page_mask = 2 * old_size - 1
    for place in range(old_size):
        if old[place].tag != 0:
            page = find_page(core, old[place].tag - 1)
            page.tag = old[place].tag
            page.nodes = old[place].nodes
            page.live = old[place].live
            page.demote_at = old[place].demote_at
            page.low = old[place].low
            page.high = old[place].high
    release(old)


def remove_page(core: Core, number: int) -> None:
    """Take page *number* out and close the gap over which later entries reach."""
    core.page_used -= 1
    mask = core.page_mask
    hole = spread(number, mask)
    while core.pages[hole].tag != number + 1:
        hole = (hole + 1) & mask
    core.pages[hole].tag = 0
    place = (hole + 1) & mask
    while core.pages[place].tag != 0:
        home = spread(core.pages[place].tag - 1, mask)
        if ((place - home) & mask) >= ((place - hole) & mask):
            core.pages[hole], core.pages[place] = core.pages[place], core.pages[hole]
            hole = place
        place = (place + 1) & mask


def promote(core: Core, page: Page) -> None:
    """Give *page* an array and move its orders there from the hash."""
    if core.spare_page:
        page.nodes = core.spare_page
        core.spare_page = no_ints()
    else:
        page.nodes = new_ints(PAGE_IDS)
    first = (page.tag - 1) << 16
    for offset in range(page.low, page.high + 1):
        page.nodes[offset] = sparse_remove(core, first + offset)


def demote(core: Core, page: Page) -> None:
    """Move the orders of *page* to the hash and give its array back."""
    first = (page.tag - 1) << 16
    nodes = page.nodes
    page.nodes = no_ints()
    page.low = 65535
    page.high = 0
    for offset in range(PAGE_IDS):
        if nodes[offset] != 0:
            sparse_add(core, first + offset, nodes[offset])
            page.low = min(page.low, offset)
            page.high = max(page.high, offset)
            nodes[offset] = 0
    if core.spare_page:
        release(nodes)
    else:
        core.spare_page = nodes


def sparse_slot(core: Core, order_id: int) -> int:
    """Return where in the hash the order with that id is, or the free place where it belongs."""
    table = core.sparse
    place = spread(order_id, core.sparse_mask)
    while table[place] != 0 and core.nodes[table[place]].order_id != order_id:
        place = (place + 1) & core.sparse_mask
    return place


def sparse_add(core: Core, order_id: int, index: int) -> None:
    """Put an order into the hash."""
    if 2 * core.sparse_used > core.sparse_mask:
        sparse_double(core)
    core.sparse[sparse_slot(core, order_id)] = index
    core.sparse_used += 1


def sparse_remove(core: Core, order_id: int) -> int:
    """Take an order out of the hash and return its node, or 0 if it is not there."""
    table = core.sparse
    hole = sparse_slot(core, order_id)
    index = table[hole]
    if index == 0:
        return 0
    mask = core.sparse_mask
    table[hole] = 0
    core.sparse_used -= 1
    place = (hole + 1) & mask
    while table[place] != 0:
        home = spread(node_at(core, table[place]).order_id, mask)
        if ((place - home) & mask) >= ((place - hole) & mask):
            table[hole] = table[place]
            table[place] = 0
            hole = place
        place = (place + 1) & mask
    return index


def sparse_double(core: Core) -> None:
    """Double the hash."""
    old = core.sparse
    old_size = core.sparse_mask + 1
    core.sparse = new_ints(2 * old_size)
    core.sparse_mask = 2 * old_size - 1
    for place in range(old_size):
        if old[place] != 0:
            core.sparse[sparse_slot(core, node_at(core, old[place]).order_id)] = old[place]
    release(old)
