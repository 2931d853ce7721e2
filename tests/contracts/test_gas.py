"""What settlements cost: no more than the committed snapshot and the ceilings that we promise.

Measured on receipts of a real node. `OUTCRY_WRITE_GAS=1` writes the snapshot anew.
"""

import json
import os
from pathlib import Path

import pytest
from tests.contracts.anvil_world import AnvilWorld
from tests.contracts.gas import MAKERS, measured
from tests.contracts.needs import needs_anvil, needs_tokens


pytestmark = [needs_anvil, needs_tokens]
SNAPSHOT = Path(__file__).with_name("gas.json")
#: In percent.
WORSE_MAX = 2
CEILINGS = {
    "transfer": dict(zip(MAKERS, (170_000, 410_000, 1_330_000), strict=True)),
    "mint": dict(zip(MAKERS, (270_000, 520_000, 1_440_000), strict=True)),
    "merge": dict(zip(MAKERS, (270_000, 520_000, 1_440_000), strict=True)),
}


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Measure every case on a node of this run."""
    world = AnvilWorld(tmp_path_factory.mktemp("gas"))
    try:
        found = dict(measured(world))
    finally:
        world.close()
    if os.environ.get("OUTCRY_WRITE_GAS"):
        SNAPSHOT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return found


def test_no_case_is_dearer_than_the_snapshot(costs: dict[str, int]) -> None:
    """No settlement costs over two percent more than when the snapshot was written."""
    snapshot = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert costs.keys() == snapshot.keys()
    dearer = {
        name: (costs[name], was)
        for name, was in snapshot.items()
        if costs[name] * 100 > was * (100 + WORSE_MAX)
    }
    assert not dearer


def test_ceilings(costs: dict[str, int]) -> None:
    """Transfers, mints and merges with 1, 5 and 20 makers stay below their ceilings."""
    for name, cost in costs.items():
        kind, makers = name.split(",")[0], name.rsplit(",", 1)[1].strip()
        if makers.isdigit():
            assert cost <= CEILINGS[kind][int(makers)], name
