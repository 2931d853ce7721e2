"""The official clients, unmodified, on an exchange whose trades settle on a real node."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from py_clob_client.exceptions import PolyApiException as Refused1
from py_clob_client_v2.clob_types import OrderArgsV2
from py_clob_client_v2.exceptions import PolyApiException
from tests.conformance import test_typescript, test_unified_python
from tests.conformance.chain_place import MONEY, ChainPlace, chain_place
from tests.conformance.clients import Trader, Trader1, Trader2, WalletTrader, WalletTrader1, auth
from tests.conformance.quoting import Quoter
from tests.conformance.venue import Json, Market, new_wallet, until
from tests.contracts.needs import needs_anvil, needs_tokens
from tests.integration.app.test_operations import ON_CHAIN, named_in_files, shown


pytestmark = [needs_anvil, needs_tokens, pytest.mark.timeout(300)]
BUY, SELL = "BUY", "SELL"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainPlace]:
    """Give an exchange on a chain."""
    with chain_place(tmp_path_factory.mktemp("on-chain")) as made:
        yield made


def funded(*traders: Trader1 | Trader2) -> None:
    """Wait until everybody's deposit is believed."""

    def all_there() -> bool:
        return all(int(one.balance()["balance"]) == 1_000_000_000 for one in traders)

    until(all_there)


def to_confirmed(
    place: ChainPlace, market: Market, maker: Trader, taker: Trader2, *, kill: bool = False
) -> Json:
    """Let both trade and wait until the trade is confirmed; returns it."""
    resting = maker.limit(market.yes, BUY, 0.40, 10)
    assert resting["success"], resting
    taken = taker.limit(market.no, BUY, 0.60, 10)
    assert taken["success"], taken
    assert [one[:2] for one in taken["transactionsHashes"]] == ["0x"]
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


def test_a_wallet_that_is_a_contract_takes_from_a_first_generation_maker(
    place: ChainPlace,
) -> None:
    """What its escrow had before is seen and traded; tokens come into its escrow."""
    market = place.market()
    key, _ = new_wallet()
    wallet = place.wallet(key)
    place.outcry("chain", "faucet", wallet, "1000", "--escrow")
    maker, taker = Trader1(place), WalletTrader(place, key, wallet)
    funded(maker)
    until(lambda: place.believed(wallet))
    until(lambda: taker.balance()["balance"] == "1000000000")
    trade = to_confirmed(place, market, maker, taker)
    assert trade["transaction_hash"].startswith("0x")
    assert trade["maker_address"] == wallet.lower()
    assert taker.trades(maker_address=wallet) == [trade]
    until(lambda: int(taker.balance(market.no)["balance"]) == 10_000_000)
    assert int(taker.balance()["balance"]) == 994_000_000
    assert place.in_escrow(wallet) == {MONEY: 994_000_000, "outcome 1": 10_000_000}
    assert "clean" in place.outcry("verify", "--chain")


def test_a_wallet_makes_sells_and_is_paid_out(place: ChainPlace) -> None:
    """Its resting orders are settled against a key's; what its user withdraws goes to the wallet.

    What comes into the escrow of the key itself is the same user's, in an account of its own.
    """
    market = place.market()
    key, own = new_wallet()
    wallet = place.wallet(key)
    maker, taker = WalletTrader(place, key, wallet), Trader2(place)
    funded(taker)
    poor = maker.client.create_order(OrderArgsV2(market.yes, 0.40, 10, BUY))
    with pytest.raises(PolyApiException, match="not enough balance"):
        maker.client.post_order(poor)
    for address in (wallet, own):
        place.outcry("chain", "faucet", address, "1000", "--escrow")
    funded(maker)
    assert maker.limit(market.yes, BUY, 0.40, 10)["success"]
    assert taker.limit(market.no, BUY, 0.60, 10)["success"]
    until(lambda: int(maker.balance(market.yes)["balance"]) == 10_000_000)
    assert maker.limit(market.yes, SELL, 0.50, 4)["success"]
    assert taker.limit(market.yes, BUY, 0.50, 4)["success"]
    until(lambda: int(maker.balance()["balance"]) == 998_000_000)
    user = place.user(key)
    accounts = {one["label"]: one for one in user.get("/api/accounts")["accounts"]}
    further = f"escrow of {own.lower()}"
    assert set(accounts) == {"", further}
    for body in ({"amount": "98"}, {"amount": "10", "account": accounts[further]["account"]}):
        headers = {"idempotency-key": body["amount"]}
        user.http.post("/api/withdrawals", json=body, headers=headers).raise_for_status()
    until(lambda: place.in_escrow(own)[MONEY] == 990_000_000)
    until(lambda: place.in_escrow(wallet)[MONEY] == 900_000_000)
    until(lambda: int(maker.balance()["balance"]) == 900_000_000)
    assert "clean" in place.outcry("verify", "--chain")


@pytest.mark.parametrize(("made", "kind"), [(WalletTrader1, 1), (WalletTrader, 2)])
def test_proxies_and_safes_trade_for_keys_that_they_named(
    place: ChainPlace, made: type[WalletTrader1 | WalletTrader], kind: int
) -> None:
    """With the name all settles; taken back, the key is refused and its orders go; then again."""
    market = place.market()
    key, _ = new_wallet()
    wallet = place.wallet(key)
    place.outcry("chain", "faucet", wallet, "1000", "--escrow")
    maker, taker = made(place, key, wallet, kind), Trader2(place)
    funded(taker)
    until(lambda: place.believed(wallet))

    def refused() -> bool:
        try:
            maker.limit(market.yes, BUY, 0.30, 10)
        except (Refused1, PolyApiException) as said:
            expected: str = said.error_msg["expected"]
            return expected.endswith("sign for it: setSigner on the settlement contract")
        return False

    to_confirmed(place, market, maker, taker)
    until(lambda: int(maker.balance(market.yes)["balance"]) == 10_000_000)
    assert maker.limit(market.yes, SELL, 0.90, 10)["success"]
    assert len(maker.orders()) == 1
    place.names(key, wallet, sign=False)
    assert refused()
    until(lambda: not maker.orders())
    assert place.in_escrow(wallet) == {MONEY: 996_000_000, "outcome 0": 10_000_000}
    assert set(maker.balance()["allowances"].values()) == {"0"}
    place.names(key, wallet, sign=True)
    until(lambda: not refused())
    assert "0" not in maker.balance()["allowances"].values()
    assert "clean" in place.outcry("verify", "--chain")


def test_a_wallet_trades_at_the_other_door(place: ChainPlace) -> None:
    """An order that an official client signed for a wallet links it through `/api` as well."""
    market = place.market()
    key, _ = new_wallet()
    wallet = place.wallet(key)
    place.outcry("chain", "faucet", wallet, "1000", "--escrow")
    maker, taker = WalletTrader(place, key, wallet), Trader2(place)
    funded(taker, maker)
    order = maker.client.create_order(OrderArgsV2(market.yes, 0.40, 10, BUY))
    found = place.operator.http.get(f"/gamma/markets/{market.market_id}").json()
    names = ("salt", "maker", "signer", "makerAmount", "takerAmount", "timestamp", "metadata",
             "builder", "signature", "tokenId")  # fmt: skip
    body = {
        **{name: str(getattr(order, name)) for name in names},
        "event_id": int(found["events"][0]["id"]),
        "market_id": market.market_id,
        "side": "buy",
        "order_type": "limit",
        "signatureType": 3,
        "wait": "result",
    }
    user = place.user(key)
    assert user.post("/api/orders/validate", body)["refusal"]["name"] == "SIGNATURE_INVALID"
    assert user.post("/api/place_order", body)["status"] == "new"
    assert taker.limit(market.no, BUY, 0.60, 10)["success"]
    until(lambda: int(maker.balance(market.yes)["balance"]) == 10_000_000)
    assert place.in_escrow(wallet) == {MONEY: 996_000_000, "outcome 0": 10_000_000}


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


@pytest.mark.parametrize("generation", ["v1", "v2"])
def test_clients_of_typescript_settle(node: str, place: ChainPlace, generation: str) -> None:
    """Both generations trade from a key to confirmed fills, and cancel what is left."""
    test_typescript.test_from_a_key_to_fills_and_cancels(node, place, generation)


def test_the_unified_client_of_typescript_settles(node: str, place: ChainPlace) -> None:
    """It hears of its trade on both channels until the chain has confirmed it."""
    test_typescript.test_the_unified_client_trades_and_listens(node, place)


def test_the_unified_client_of_python_settles(unified_python: Path, place: ChainPlace) -> None:
    """So does the one of Python."""
    test_unified_python.test_it_trades_and_listens(unified_python, place)


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
