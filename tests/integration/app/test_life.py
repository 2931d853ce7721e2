"""The life of an exchange: stop it, kill it, start it again, end it without a rest."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from tests.support.exchange import Client, Exchange, exchange, wait_until

from outcry.app.pids import alive
from outcry.app.priority import STAND_BACK_STEPS
from outcry.app.record import running_pid


pytestmark = pytest.mark.timeout(600)  # several starts, on whatever machine


def test_what_was_committed_outlives_every_end(tmp_path: Path) -> None:
    """An order rests through an orderly stop and kill -9; no end leaves a process behind.

    While it runs, who writes tables stands back, in the database too. The folder of the streams may
    be removed while nobody runs, and beneath them.
    """
    with exchange(tmp_path) as made:
        made.start()
        order_id = place(made)
        processes = made.processes()
        nice = {name: os.getpriority(os.PRIO_PROCESS, one.pid) for name, one in processes.items()}
        last = nice["core"] + STAND_BACK_STEPS
        assert nice["history"] == last  # answers go before tables
        for_tables = [pid for pid in children(processes["postgresql"].pid)
                      if os.getpriority(os.PRIO_PROCESS, pid) == last]  # fmt: skip
        assert len(for_tables) == 1
        assert made.stop() == 0
        assert "Stopped." in made.output()
        assert [name for name, process in processes.items() if alive(process)] == []
        assert "clean" in made.verify()  # which starts the servers for as long as it looks

        made.start()
        assert open_orders(made) == [order_id]
        # History saved it when it stopped; core and history began there.
        taken = [line for line in made.logs().splitlines() if '"snapshot_taken"' in line]
        assert sum('"name":"ledger"' in line.replace(" ", "") for line in taken) == 2
        killed = made.processes()
        made.signal(signal.SIGKILL)
        made.wait()
        wait_until(lambda: not any(alive(process) for process in killed.values()))
        shutil.rmtree(made.data_dir / "redis")

        made.start()
        assert open_orders(made) == [order_id]
        streams = made.processes()["valkey"]
        shutil.rmtree(made.data_dir / "redis")
        made.kill("valkey")
        made.wait_replaced("valkey", streams)
        second = place(made, again=True)
        assert sorted(open_orders(made)) == [order_id, second]
        assert "clean" in made.verify()
        done = made.command("stop")
        assert (done.returncode, done.stdout) == (0, "Stopped.\n")
        assert made.wait() == 0
        assert made.command("status").returncode == 1

        (made.data_dir / "notes.txt").write_text("mine")
        asked = made.command("reset", text="n\n")
        assert asked.returncode == 1
        assert (made.data_dir / "postgres").is_dir()
        assert made.command("reset", "--yes").returncode == 0
        assert [path.name for path in made.data_dir.iterdir()] == ["notes.txt"]


def children(pid: int) -> list[int]:
    """Return the processes that *pid* started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_start_that_is_interrupted_ends_well(tmp_path: Path) -> None:
    """Ctrl-C while servers are being made ends with 0 and no traceback; the next start is good."""
    with exchange(tmp_path) as made:
        made.launch()
        wait_until(lambda: "Outcry" in made.output())
        assert made.stop() == 0
        assert "Traceback" not in made.logs()
        assert running_pid(str(made.data_dir)) is None
        made.start()
        assert made.stop() == 0


def place(made: Exchange, *, again: bool = False) -> int:
    """Let a user place an order that rests, perhaps *again*; returns its id."""
    operator = made.client(made.token("operator", admin=True))
    ann = made.client(made.token("ann"))
    user_id = ann.get("/api/user_data")["id"]
    operator.post("/api/admin/deposits", {"user_id": user_id, "amount": "50", "tx_hash": "first"})
    market = {"market_identifier": "rain", "question": "Will it rain?"}
    event = {"event_identifier": "weather", "title": "Weather", "markets": [market]}
    made_event = operator.post("/api/admin/events", event)
    # What was listed before is listed once: the same answer comes.
    price = "0.20" if again else "0.30"
    body = {"event_id": made_event["event_id"], "market_id": made_event["market_ids"][0]}
    body |= {"side": "buy", "order_type": "limit", "price": price, "quantity": "10"}
    body |= {"token_id": token_of(ann, made_event["event_id"])}
    order_id: int = ann.post("/api/place_order", body, wait="result")["order_id"]
    return order_id


def token_of(client: Client, event_id: int) -> str:
    """Return the YES token of the event's market."""
    detail = client.get("/api/event_detail", event_id=event_id)
    token: str = detail["markets"][0]["outcome_0_token_id"]
    return token


def open_orders(made: Exchange) -> list[int]:
    """Return the ids of Ann's open orders."""
    ann = made.client(made.token("ann"))
    user_id = ann.get("/api/user_data")["id"]
    return [order["order_id"] for order in ann.get("/api/open_orders", uid=user_id)["orders"]]
