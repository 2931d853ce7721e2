"""The simulator finds what it is there to find: bugs that were planted on purpose."""

from collections.abc import Callable

import pytest
from tests.sim.chain_plants import CHAIN_PLANTS
from tests.sim.plants import PLANTS, Patch, planted

from outcry.app.sim.world import World


#: Worlds within which each has to be found.
WORLDS_MAX = 40
#: Worlds that showed one when this was written, so that they are lived through first.
KNOWN = {
    "escrow_taken_in_again": 29,
    "paid_twice_after_a_restart": 2,
    "reorganised_deposit_kept": 6,
    "reorganised_fill_kept": 33,
    "archive_saves_what_the_log_forgot": 105,
}


@pytest.mark.parametrize("plant", PLANTS + CHAIN_PLANTS)
def test_a_planted_bug_is_found(plant: Callable[[Patch], None]) -> None:
    """Each bug that exchanges have died of breaks one of the first worlds."""
    first = KNOWN.get(plant.__name__, 1)
    with planted(plant):
        assert any(World(seed).run().findings for seed in (first, *range(1, WORLDS_MAX + 1)))
