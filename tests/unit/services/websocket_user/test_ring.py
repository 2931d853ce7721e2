"""The ring of private events: complete from its floor, bounded whatever comes."""

from hypothesis import given
from hypothesis import strategies as st

from outcry.messages.user_events import BalanceState, UserBatch
from outcry.services.websocket_user.ring import EventRing


EVENTS_MAX = 12

#: Entries: how far the number jumps, and how many events each of some users gets.
entries = st.lists(
    st.tuples(st.integers(1, 3), st.dictionaries(st.integers(1, 4), st.integers(1, 4))),
    max_size=30,
)


def batch(user_id: int, n: int, events: int) -> UserBatch:
    """Return events that name their entry."""
    return UserBatch(user_id, 0, [BalanceState(user_id, n, index) for index in range(events)])


@given(entries)
def test_an_answer_is_complete_or_none(script: list[tuple[int, dict[int, int]]]) -> None:
    """For every position at or above the floor all later batches are there, below it none is."""
    start = 10
    ring = EventRing(start, EVENTS_MAX)
    said: list[tuple[int, UserBatch]] = []
    n = start
    for jump, users in script:
        n += jump
        batches = [batch(user_id, n, events) for user_id, events in users.items()]
        ring.append(n, batches)
        said += [(n, one) for one in batches]
        assert ring.events <= EVENTS_MAX or len(batches) == 0
        assert ring.position == n
    for user_id in range(1, 5):
        for after in range(start - 1, n + 2):
            wanted = [item for item in said if item[1].user_id == user_id and item[0] > after]
            assert ring.after(user_id, after) == (wanted if after >= ring.floor else None)


def test_one_entry_larger_than_the_ring_leaves_it_empty() -> None:
    """An entry that does not fit is forgotten at once, and the floor says so."""
    ring = EventRing(0, 3)
    ring.append(5, [batch(1, 5, 4)])
    assert (ring.floor, ring.position, ring.events) == (5, 5, 0)
    assert ring.after(1, 4) is None
    assert ring.after(1, 5) == []
