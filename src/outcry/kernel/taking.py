"""From the bytes of a client to its answers, a piece at a time.

What is read, carried out and told at once is so little that commands, facts and answers stay in the
cache that is nearest. The pieces alter nothing: a command's answers depend on those before it.
"""

from outcry.kernel.answers import close_frames, open_frames, tell_facts
from outcry.kernel.constants import LOOK_AHEAD_NODES
from outcry.kernel.intake import read_frames
from outcry.kernel.layout import NODE_STEP, Core
from outcry.kernel.session_layout import WORK_WORDS, WORK_WORDS_AHEAD, Sessions
from outcry.kernel.shard import run


def take_frames(state: Sessions, core: Core, start: int, stop: int, time_us: int) -> int:
    """Carry out whole frames between two places of the source; return the bytes of the answers."""
    open_frames(state)
    state.read_at = state.frame_end = start
    state.taken = state.fault = 0
    state.has_message = False
    looks = core.fresh // NODE_STEP > LOOK_AHEAD_NODES
    state.work_at = state.work_most = WORK_WORDS_AHEAD if looks else WORK_WORDS
    while state.work_at >= state.work_most:
        read_frames(state, core, stop, time_us)
        state.taken += state.asked_count
        run_work(state, core, state.work_at)
    state.consumed = state.read_at - start
    return close_frames(state)


def run_work(state: Sessions, core: Core, words: int) -> None:
    """Let the kernel carry out the first *words* of the work, and tell what came of it."""
    core.out = core.own_out
    core.room = core.own_room
    core.is_lent = False
    core.at = 0
    run(core, state.work, 0, 8 * words, 0)
    tell_facts(state, core, 0, core.at)
