"""The official clients, unmodified, on an exchange whose trades settle on a real node."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.conformance.clients import Trader1, Trader2, auth
from tests.conformance.quoting import Quoter
from tests.conformance.venue import Json, Market, Place, until
from tests.contracts.needs import needs_anvil, needs_tokens
from tests.integration.app.test_operations import ON_CHAIN, named_in_files, shown
from tests.support.exchange import exchange


pytestmark = [needs_anvil, needs_tokens, pytest.mark.timeout(300)]
MAIN = "from outcry.app.cli import main; main()"
BUY = "BUY"
SETTINGS = {"OUTCRY_SETTLEMENT_CHAIN": "evm", "OUTCRY_SETTLEMENT_CONFIRMATIONS": "2"}


@dataclass
class ChainPlace(Place):
    """An exchange on a chain: money comes by a deposit into the contract."""

    folder: Path = Path()

    def fund(self, address: str, amount: str = "1000") -> None:
        """Deposit for an address, and wait until that is believed."""
        client = self.exchange.client(self.exchange.token(f"eth:{address.lower()}"))
        client.get("/api/user_data")
        self.outcry("chain", "faucet", address, amount, "--escrow")

    def outcry(self, *words: str) -> str:
        """Run a command of ours on the data folder; returns what it said."""
        command = [sys.executable, "-c", MAIN, *words, "--data-dir", str(self.folder)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, **SETTINGS},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainPlace]:
    """Give an exchange beside a development chain with a block each half second."""
    folder = tmp_path_factory.mktemp("on-chain")
    with exchange(folder, **SETTINGS) as made:
        data = made.data_dir
        command = [sys.executable, "-c", MAIN, "chain", "dev", "--port", "0", "--block-ms", "500"]
        with subprocess.Popen(
            [*command, "--data-dir", str(data)], stdout=subprocess.PIPE, text=True
        ) as node:
            assert node.stdout is not None
            for line in node.stdout:
                if "Ctrl-C" in line:
                    break
            try:
                made.start()
                made.wait_ready()
                addresses = made.record().addresses
                operator = made.client(made.token("root", admin=True))
                http, feeds = f"http://{addresses['http']}", f"ws://{addresses['feeds']}"
                yield ChainPlace(made, http, feeds, operator, data)
                made.stop()
            finally:
                node.terminate()


def funded(*traders: Trader1 | Trader2) -> None:
    """Wait until everybody's deposit is believed."""

    def all_there() -> bool:
        return all(int(one.balance()["balance"]) == 1_000_000_000 for one in traders)

    until(all_there)


def to_confirmed(
    place: ChainPlace, market: Market, maker: Trader1, taker: Trader2, *, kill: bool = False
) -> Json:
    """Let both trade and wait until the trade is confirmed; returns it."""
    resting = maker.limit(market.yes, BUY, 0.40, 10)
    assert resting["success"], resting
    taken = taker.limit(market.no, BUY, 0.60, 10)
    assert taken["success"], taken
    if kill:
        before = place.exchange.processes()["edge"]
        place.exchange.kill("edge")
        place.exchange.wait_replaced("edge", before)
        place.exchange.wait_ready()

    def confirmed() -> list[Json]:
        trades = taker.trades(market=market.condition_id)
        return [trade for trade in trades if trade["status"] == "CONFIRMED"]

    return until(confirmed)[0]  # type: ignore[no-any-return]


def test_a_first_generation_maker_meets_a_second_generation_taker_to_confirmed(
    place: ChainPlace,
) -> None:
    """Deposited, matched, mined, confirmed: both see it, and the contracts agree to the micro."""
    market = place.market()
    maker, taker = Trader1(place), Trader2(place)
    funded(maker, taker)
    trade = to_confirmed(place, market, maker, taker)
    assert trade["transaction_hash"].startswith("0x")
    until(lambda: int(maker.balance(market.yes)["balance"]) == 10_000_000)
    assert int(taker.balance(market.no)["balance"]) == 10_000_000
    assert int(taker.balance()["balance"]) == 994_000_000
    assert "clean" in place.outcry("verify", "--chain")


def test_a_request_for_quotes_settles(place: ChainPlace) -> None:
    """What was asked, quoted, accepted and approved is confirmed by the contracts."""
    market = place.market()
    asker, maker = Trader2(place), Trader1(place)
    funded(asker, maker)
    asks, quotes = Quoter(asker), Quoter(maker)
    request_id = asks.request(market.yes, 0.57, BUY, 40)
    quote_id = quotes.quote(request_id, market.no, 0.45, BUY, 40)
    assert asks.accept(request_id, quote_id) == "OK"
    done = quotes.approve(request_id, quote_id)
    assert done["state"] == "STATE_COMPLETED"

    def confirmed() -> list[str]:
        trades = asker.trades(market=market.condition_id)
        return [trade["id"] for trade in trades if trade["status"] == "CONFIRMED"]

    assert until(confirmed) == done["tradeIds"]
    until(lambda: int(asker.balance(market.yes)["balance"]) == 40_000_000)
    assert int(maker.balance()["balance"]) == 982_000_000
    assert "clean" in place.outcry("verify", "--chain")


def test_the_life_of_a_settlement_is_heard(place: ChainPlace) -> None:
    """Both sides hear on their sockets: matched, mined, confirmed, with the transaction's hash."""
    market = place.market()
    maker, taker = Trader1(place), Trader2(place)
    funded(maker, taker)
    with (
        place.socket("/ws/user", type="user", auth=auth(maker)) as hers,
        place.socket("/ws/user", type="user", auth=auth(taker)) as his,
    ):
        hers.ping()
        his.ping()
        trade = to_confirmed(place, market, maker, taker)
        for one in (hers, his):
            assert one.hear("trade", status="MATCHED")["id"] == trade["id"]
            mined = one.hear("trade", status="MINED")
            said = one.hear("trade", status="CONFIRMED")
            assert (said["id"], said["transaction_hash"]) == (
                trade["id"], trade["transaction_hash"],
            )  # fmt: skip
            assert mined["transaction_hash"].startswith("0x")
            assert [leg["matched_amount"] for leg in said["maker_orders"]] == ["10"]


def test_what_is_watched_on_a_chain_is_shown(place: ChainPlace) -> None:
    """Alerts name metrics of settling and of escrow that such an exchange has."""
    names = shown(place.exchange)
    wanted = {
        name for _, name in named_in_files() if name.startswith((ON_CHAIN, "outcry_onchain_"))
    }
    assert wanted
    assert wanted <= names


def test_a_trade_is_confirmed_though_the_sender_is_killed(place: ChainPlace) -> None:
    """Kill -9 of the process right after the match: the next one goes on from log and store."""
    market = place.market()
    maker, taker = Trader1(place), Trader2(place)
    funded(maker, taker)
    to_confirmed(place, market, maker, taker, kill=True)
    until(lambda: int(taker.balance(market.no)["balance"]) == 10_000_000)
    assert "clean" in place.outcry("verify", "--chain")
