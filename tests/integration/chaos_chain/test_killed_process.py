"""`kill -9` of the process that sends, held at each moment of a transaction's life.

``CHAOS_COUNT`` more deaths (`make chaos-chain COUNT=`) at moments that are drawn.
"""

import os
from pathlib import Path
from random import Random

import pytest
from tests.contracts.needs import needs_anvil, needs_tokens
from tests.integration.chaos_chain.killed import PAYMENT, SPLIT, TRADE, scene
from tests.support.holding_node import Moment


COUNT = int(os.environ.get("CHAOS_COUNT", "0"))
pytestmark = [needs_anvil, needs_tokens, pytest.mark.timeout(600 + 30 * COUNT)]
SEED = os.environ.get("CHAOS_SEED", "1")
#: Settling and paying out are two senders, with a key each.
DEATHS = (
    ((Moment.SIGNED, TRADE), (Moment.SENT, PAYMENT)),
    ((Moment.SENT, TRADE), (Moment.SIGNED, PAYMENT)),
)


def test_a_sender_killed_between_store_send_and_receipt_does_everything_once(
    tmp_path: Path,
) -> None:
    """Stored and not sent, sent and not answered, answered, mined: once each, and verify clean.

    Afterwards an empty log in its place, as after an old backup, is refused at the start.
    """
    chance = Random(f"killed {SEED}")
    with scene(tmp_path) as on:
        on.begin()
        for moments in DEATHS:
            on.killed_at(*moments)
        for _ in range(COUNT):
            on.killed_at((chance.choice(list(Moment)), chance.choice([TRADE, PAYMENT, SPLIT])))
        on.comes_out_even()
        on.is_missed_by_a_new_log()
