"""A whole exchange from `outcry up`, used from outside: HTTP, both feeds, the commands."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.support.exchange import COMMAND, Client, Exchange, exchange
from websockets.sync.client import connect


pytestmark = pytest.mark.timeout(600)  # several starts, on whatever machine
BASH = shutil.which("bash") or ""
ROOT = Path(__file__).parents[3]
DAY = ROOT / "examples" / "day.sh"
README = ROOT / "README.md"
#: What `outcry verify` counts depends on how long the exchange has run.
COUNTS = ("log ", "ledger ", "kernel ", "engines ", "tables ")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """Give one exchange to all tests; whatever they do, it must stop well."""
    with exchange(tmp_path_factory.mktemp("day")) as made:
        made.start()
        yield made
        assert made.stop() == 0


@pytest.fixture(scope="module")
def operator(running: Exchange) -> Client:
    """Return a client with an operator's token."""
    return running.client(running.token("operator", admin=True))


def trader(running: Exchange, operator: Client, name: str, amount: str) -> tuple[Client, int]:
    """Return a new user with *amount* of collateral, and the user's id."""
    client = running.client(running.token(name))
    user_id: int = client.get("/api/user_data")["id"]
    operator.post(
        "/api/admin/deposits", {"user_id": user_id, "amount": amount, "tx_hash": f"to {name}"}
    )
    return client, user_id


def test_every_process_says_that_it_is_ready(running: Exchange) -> None:
    """`outcry status` ends with 0 and shows servers, four processes and every service as ready."""
    done = running.command("status", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = {line["name"]: line for line in msgspec.json.decode(done.stdout)}
    assert list(lines) == ["valkey", "postgresql", "core", "match", "history", "edge"]
    services = {name for line in lines.values() for name in line["services"]}
    assert services >= {"asset", "processor", "match_engine:0", "store:0", "depth:0", "history"}
    assert services >= {"api", "websocket_depth", "websocket_user", "feeds", "books"}
    assert "ready" in running.command("status").stdout


def test_every_process_shows_metrics(running: Exchange) -> None:
    """Each process answers /metrics with its own services' figures, HTTP with the edge's."""
    expected = {
        "core": "outcry_asset_log_head ",
        "match": 'outcry_match_engine_seq{shard="0"} ',
        "history": "outcry_history_batches_total ",
        "edge": "outcry_feeds_connections ",
        "http": "outcry_api_ready 1.0",
    }
    for name, figure in expected.items():
        answer = httpx.get(
            f"http://{running.record().addresses[name]}/metrics", timeout=90, trust_env=False
        )
        assert answer.status_code == httpx.codes.OK
        assert figure in answer.text, name


def test_the_day_of_the_readme_is_what_happens(running: Exchange) -> None:
    """examples/day.sh trades by transfer, mint and merge, resolves, redeems and verifies clean."""
    if not (BASH and shutil.which("curl") and shutil.which("python3")):
        pytest.skip("needs bash, curl and python3 on PATH")
    command = running.data_dir.parent / "outcry"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{COMMAND[2]}" "$@"\n')
    command.chmod(0o700)
    site = f"http://{running.record().addresses['http']}"
    done = subprocess.run(
        [BASH, "-c", f'OUTCRY="{command}" SITE="{site}" . "{DAY}"'],
        env={**running.environ(), "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = README.read_text("utf-8").partition("$ examples/day.sh\n")[2].partition("```")[0]
    assert lasting(done.stdout) == lasting(told)
    # Ann: 100 - 6 + 2.8 + 1.1, and 4 YES are worth 4. Bob: 100 - 4 - 2.8 + 0.9 + 4.
    assert lasting(told)[-2:] == ["Bob has 98.100000", "verdict   clean"]
    assert "Ann has 101.900000" in done.stdout


def test_transfer_mint_and_merge_move_exact_amounts(running: Exchange, operator: Client) -> None:
    """Orders on both outcomes match across them, the winner is paid, and no micro is lost."""
    carol, carol_id = trader(running, operator, "carol", "1000")
    dave, dave_id = trader(running, operator, "dave", "1000")
    event_id, market_id, (yes, no) = new_market(operator, carol, "launch")

    def order(who: Client, token: str, side: str, price: str, quantity: str) -> str:
        body = {"event_id": event_id, "market_id": market_id, "order_type": "limit"}
        body |= {"token_id": token, "side": side, "price": price, "quantity": quantity}
        status: str = who.post("/api/place_order", body, wait="result")["status"]
        return status

    assert order(carol, yes, "buy", "0.60", "100") == "new"
    assert order(dave, no, "buy", "0.45", "100") == "filled"  # a mint at 0.60 and 0.40
    assert order(carol, yes, "sell", "0.70", "30") == "new"
    assert order(dave, yes, "buy", "0.70", "30") == "filled"  # a transfer
    assert order(carol, yes, "sell", "0.55", "20") == "new"
    assert order(dave, no, "sell", "0.40", "20") == "filled"  # a merge at 0.55 and 0.45
    operator.post(f"/api/admin/markets/{market_id}/close")
    resolved = operator.post(f"/api/admin/markets/{market_id}/resolve", {"payout": ["1", "0"]})
    after = resolved["n"]
    for who, paid in ((carol, "50.000000"), (dave, "30.000000")):
        redeemed = who.post("/api/redeem", {"market_id": market_id})
        assert redeemed["amount"] == paid
        after = redeemed["n"]
    balances = [carol.get("/api/balance", uid=uid, after=after) for uid in (carol_id, dave_id)]
    # 1000 - 60 + 21 + 11 + 50, and 1000 - 40 - 21 + 9 + 30.
    assert balances == ["1022.000000", "978.000000"]
    assert "clean" in running.verify()
    # Accounts are numbered from 1000, users from 1, and nobody here has a second one.
    stated = running.command("statement", str(999 + int(carol_id)), "--format", "json")
    lines = msgspec.json.decode(stated.stdout)["lines"]
    amounts = [line["amount"] for line in lines if line["asset"] == "collateral"]
    assert amounts == ["1000.000000", "-60.000000", "21.000000", "11.000000", "50.000000", ""]
    assert lines[-1]["balance"] == "1022.000000"
    assert "nothing ever moved" in running.command("statement", "999999").stderr


def test_changes_accounts_disputes_and_refunds_verify(running: Exchange, operator: Client) -> None:
    """Orders are changed, accounts used, a market is disputed and refunded; all of it verifies."""
    gina, gina_id = trader(running, operator, "gina", "100")
    hugo, hugo_id = trader(running, operator, "hugo", "100")
    event_id, market_id, (yes, no) = new_market(operator, gina, "refund")
    there = {"event_id": event_id, "market_id": market_id, "order_type": "limit"}
    hedges = gina.post("/api/accounts", {"label": "hedges"})["account"]
    first = gina.get("/api/accounts")["accounts"][0]["account"]
    gina.post("/api/transfer", {"from_account": first, "to_account": hedges, "amount": "50"})
    bid = there | {"token_id": yes, "side": "buy", "price": "0.50", "quantity": "40"}
    order = gina.post("/api/place_order", bid | {"account": hedges})["order_id"]
    gina.post("/api/reduce_order", {"order_id": order, "quantity": "10"})
    gina.post("/api/replace_order", {"order_id": order, "price": "0.60", "quantity": "20"})
    operator.post("/api/admin/limits", {"account": hedges, "position": "20"})
    over = gina.refused("/api/place_order", bid | {"account": hedges, "quantity": "0.01"})
    assert (over["name"], over["got"]) == ("POSITION_LIMIT", "20.01")
    ask = there | {"token_id": no, "side": "buy", "price": "0.40", "quantity": "20"}
    filled = hugo.post("/api/place_order", ask, wait="result")
    assert filled["status"] == "filled"
    tokens = {"from_account": hedges, "to_account": first, "token_id": yes, "quantity": "5"}
    gina.post("/api/transfer", tokens)
    operator.post(f"/api/admin/markets/{market_id}/close")
    told = running.command("market", "void", str(market_id), "--refund", "--json")
    assert told.returncode == 0, told.stderr
    after = msgspec.json.decode(told.stdout)["n"]
    paid = [
        gina.get("/api/balance", uid=gina_id, after=after),
        gina.get("/api/balance", uid=gina_id, account=hedges, after=after),
        hugo.get("/api/balance", uid=hugo_id, after=after),
    ]
    # The refund follows the tokens: 5 of the 20 that cost 12.00 had been moved, 3.00 with them.
    assert paid == ["53.000000", "47.000000", "100.000000"]
    assert "voided" in running.command("audit", "-n", "1").stdout
    assert "gina" in running.command("user", "list").stdout
    assert "clean" in running.verify()


def test_both_feeds_tell_of_an_order(running: Exchange, operator: Client) -> None:
    """The public feed sends a book and its change, the private feed the owner's order."""
    erin, _ = trader(running, operator, "erin", "100")
    event_id, market_id, (yes, _) = new_market(operator, erin, "feeds")
    url = f"ws://{running.record().addresses['feeds']}"
    token = erin.http.headers["authorization"].removeprefix("Bearer ")
    with connect(f"{url}/depth", proxy=None) as depth, connect(f"{url}/user", proxy=None) as user:
        assert msgspec.json.decode(depth.recv())["event_type"] == "connected"
        request = {"action": "subscribe", "event_id": event_id, "market_id": market_id}
        depth.send(msgspec.json.encode(request).decode())
        user.send(msgspec.json.encode({"auth": token}).decode())
        body = {"event_id": event_id, "market_id": market_id, "order_type": "limit"}
        body |= {"token_id": yes, "side": "buy", "price": "0.25", "quantity": "4"}
        order_id = erin.post("/api/place_order", body)["order_id"]
        seen = depth.recv(timeout=90)
        while b'"0.25' not in _bytes(seen):
            seen = depth.recv(timeout=90)
        seen = user.recv(timeout=90)
        while f'"order_id":{order_id},'.encode() not in _bytes(seen):
            seen = user.recv(timeout=90)


def test_a_second_exchange_on_the_same_folder_is_refused(running: Exchange) -> None:
    """`outcry up` on a folder in use ends with 2, names the pid, and leaves the first one alone."""
    pid = running.record().supervisor.pid
    done = running.command("up")
    assert done.returncode == 2, done.stderr
    assert f"(pid {pid})" in done.stderr
    assert running.record().supervisor.pid == pid
    assert running.command("status").returncode == 0


def test_a_port_in_use_is_named_with_its_setting(running: Exchange, tmp_path: Path) -> None:
    """`outcry up` on a taken port starts nothing, ends with 2 and says which setting to change."""
    port = running.record().addresses["feeds"].port
    with exchange(tmp_path, OUTCRY_FEEDS_PORT=str(port)) as other:
        done = other.command("up")
    assert done.returncode == 2
    assert f"feeds.port: port {port} on 127.0.0.1 is in use" in done.stderr
    assert "OUTCRY_FEEDS_PORT" in done.stderr


def test_two_exchanges_run_side_by_side(running: Exchange, tmp_path: Path) -> None:
    """One with two shards, hence two match processes, starts and stops beside one that runs on."""
    with exchange(tmp_path, OUTCRY_SHARDS_COUNT="2") as other:
        other.start()
        names = ["valkey", "postgresql", "core", "match-0", "match-1", "history", "edge"]
        assert list(other.record().processes) == names
        assert other.command("status").returncode == 0
        assert other.stop() == 0
    assert running.command("status").returncode == 0


def test_tail_tells_the_log_and_a_stream_in_words(running: Exchange, operator: Client) -> None:
    """`outcry tail` shows ledger records, commands and facts by their names."""
    trader(running, operator, "frank", "7")
    assert "amount=7000000" in running.command("tail", "log", "-n", "100").stdout
    assert "Ticked" in running.command("tail", "facts", "--ticks").stdout
    assert "Ticked" not in running.command("tail", "facts").stdout
    unknown = running.command("tail", "gossip")
    assert unknown.returncode == 2
    assert "user_events" in unknown.stderr


def test_a_running_exchange_is_not_reset(running: Exchange) -> None:
    """`outcry reset` ends with 2 and deletes nothing while the exchange runs."""
    done = running.command("reset", "--yes")
    assert done.returncode == 2
    assert "runs (pid" in done.stderr
    assert (running.data_dir / "postgres").is_dir()


def lasting(text: str) -> list[str]:
    """Return the lines of a day that are the same every day: without counts, ids and durations."""
    lines = [line for line in text.splitlines() if line and not line.startswith(COUNTS)]
    return [re.sub(r"order [0-9]+", "order", line).partition(" (0")[0] for line in lines]


def new_market(operator: Client, reader: Client, name: str) -> tuple[int, int, tuple[str, str]]:
    """List an event with one market; returns event, market and the tokens of its outcomes."""
    market = {"market_identifier": name, "question": f"Will it {name}?"}
    made = operator.post(
        "/api/admin/events", {"event_identifier": name, "title": name, "markets": [market]}
    )
    found = reader.get("/api/event_detail", event_id=made["event_id"])["markets"][0]
    tokens = (found["outcome_0_token_id"], found["outcome_1_token_id"])
    return made["event_id"], found["market_id"], tokens


def _bytes(message: str | bytes) -> bytes:
    return message.encode() if isinstance(message, str) else message
