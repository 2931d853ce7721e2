"""`outcry demo --chain` as a user runs it: keys, escrow, a real chain, and both proofs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contracts.needs import needs_anvil, needs_tokens
from tests.support.exchange import Exchange, exchange


pytestmark = [needs_anvil, needs_tokens]


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[Exchange]:
    """Give a folder with small servers on free ports; nothing of it outlives the test."""
    with exchange(tmp_path) as made:
        yield made


def test_a_demo_on_a_chain_ends_clean(venue: Exchange) -> None:
    """Signed orders settle from escrow, all is redeemed, and ledger and contracts agree.

    What the chain settled is what the ledger counts, fill by fill; a plain demo is refused there.
    """
    done = venue.command("demo", "--chain", "--seconds", "6", "--bots", "4", "--rate", "20")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    settled = re.search(r"(\d+) trades settled with (\d+) fills", done.stdout)
    assert settled
    assert int(settled[2]) >= int(settled[1]) >= 1
    assert f"{int(settled[2]):,} fills" in done.stdout.split("Verifying")[1]
    assert re.search(r"^chain +\d+ amounts compared", done.stdout, re.MULTILINE)
    assert re.search(r"^verdict +clean", done.stdout, re.MULTILINE)
    plain = venue.command("demo", "--seconds", "5")
    assert plain.returncode == 2
    assert "--chain" in plain.stderr
