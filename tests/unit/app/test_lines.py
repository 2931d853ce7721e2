"""Log and streams as text: names instead of numbers, and nothing that says nothing."""

from outcry.app.lines import log_lines, stream_lines
from outcry.messages.commands import PlaceOrder, Tick, pack_command
from outcry.messages.entry import (
    ENTRY_VERSION,
    Commands,
    Decision,
    Entry,
    Item,
    Recorded,
    pack_entry,
)
from outcry.messages.ledger_records import Deposit
from outcry.messages.user_events import BalanceState, UserBatch, pack_batches
from outcry.ports.bus import StreamEntry
from outcry.ports.ledger_log import Row
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


AT_US = 1_795_186_495_000_042
ORDER = PlaceOrder(
    3, 8, AT_US, 5, 12, 5, 1, Side.SELL, OrderKind.LIMIT, TimeInForce.GTC, 0,
    SelfTrade.CANCEL_TAKER, 6_000, 100, 0, 0,
)  # fmt: skip
BODY = pack_command(ORDER) + pack_command(Tick(0, 9, AT_US, 0))


def test_a_command_reads_as_what_it_asks_for() -> None:
    """An order names its side, kind and time in force; a tick is told only when asked for."""
    entry = StreamEntry(8, 9, BODY)
    (line,) = stream_lines("commands:0", entry, ticks=False)
    assert line.split() == [
        "8", "2026-11-20", "14:54:55.000042", "PlaceOrder", "instrument=3", "account=5",
        "order_id=12", "stp_group=5", "outcome=1", "side=sell", "kind=limit", "tif=gtc",
        "self_trade=cancel_taker", "price=6000", "qty=100",
    ]  # fmt: skip
    assert len(list(stream_lines("commands:0", entry, ticks=True))) == 2


def test_a_log_entry_reads_as_everything_it_made_true() -> None:
    """Commands with shard and seq, ledger records, and whom the entry told."""
    decision = Decision(100, 1, "mine", b"\x01")
    deposit = Deposit(AT_US, 1, 5, 0, 2_500_000, "tx 7")
    items: list[Item] = [Commands(0, BODY, [decision]), Recorded(deposit)]
    events = [UserBatch(4, 0, [BalanceState(5, 2_500_000, 0)])]
    row = Row(77, 1, AT_US, pack_entry(Entry(ENTRY_VERSION, AT_US, items, events)))
    order, money, told = (line.split("  ")[-1] for line in log_lines(row, ticks=False))
    assert order.startswith("0/8 PlaceOrder ")
    assert money == "Deposit actor=1 account=5 amount=2500000 key='tx 7'"
    assert told == "-> 1 events for users 4"
    (fence,) = log_lines(Row(1, 3, AT_US, b""), ticks=False)
    assert fence.endswith("a writer began, epoch 3")


def test_a_user_event_names_its_user() -> None:
    """Private events say whose they are."""
    body = pack_batches([UserBatch(4, 0, [BalanceState(5, 2_500_000, 0)])])
    (line,) = stream_lines("user_events", StreamEntry(1, 77, body), ticks=False)
    assert line.split() == ["77", "user", "4", "BalanceState", "account=5", "total=2500000"]
