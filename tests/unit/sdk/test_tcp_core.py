"""A TCP session without sockets: what came in parts before a loss comes once."""

from outcry_sdk.tcp import OrderPlaced, TcpLogon
from outcry_sdk.tcp.core import TcpCore
from outcry_wire import tcp
from outcry_wire.records import ORDER_PLACED, RecordType, Side
from outcry_wire.tcp import Message


def logged_on(core: TcpCore, last_seq: int = 0, next_number: int = 1) -> int:
    """Let a connection begin; return the number that the client asked for."""
    hello = tcp.HELLO.pack(Message.HELLO, 0, tcp.HELLO.size, 0, 0, 0, 0, 1, 1, 65536, bytes(32))
    core.receive(tcp.frame(hello))
    asked: int = tcp.LOGON.unpack(core.outgoing()[4:])[11]
    size = tcp.LOGON_ACCEPTED.size
    head = (Message.LOGON_ACCEPTED, tcp.SEND_ALL_AGAIN, size, 0, 0, 0, 9)
    row = (1, 10_000, last_seq, 100, next_number, 1, 0, 0)
    core.receive(tcp.frame(tcp.LOGON_ACCEPTED.pack(*head, *row)))
    return asked


def placed(number: int, order_id: int, flags: int = 0) -> bytes:
    """Return what is told of an order that rests."""
    head = (RecordType.ORDER_PLACED, flags, ORDER_PLACED.size, 1, number, 0, 9)
    return ORDER_PLACED.pack(*head, order_id, 5000, 1, 0, 0)


def test_an_entry_that_came_in_part_is_asked_for_again() -> None:
    """The connection broke between two frames of one number: nothing is lost, nothing is double."""
    core = TcpCore(TcpLogon(account=9))
    logged_on(core)
    whole = [placed(7, order_id, tcp.MORE_FOLLOWS) for order_id in range(1, 5)]
    last = [placed(7, 5), placed(7, 6)]
    heard = core.receive(tcp.frame(b"".join(whole[:2])))
    for _ in range(2):  # and again, before as much has come a second time
        core.lost()
        assert logged_on(core, next_number=8) == 7
        heard += core.receive(tcp.frame(whole[0]))
    core.lost()
    assert logged_on(core, next_number=8) == 7
    heard += core.receive(tcp.frame(b"".join(whole)) + tcp.frame(b"".join(last)))
    orders = [event.order_id for event in heard if isinstance(event, OrderPlaced)]
    assert orders == [1, 2, 3, 4, 5, 6]
    core.lost()
    assert logged_on(core, next_number=8) == 8


def test_an_exchange_is_sent_everything_that_has_no_answer() -> None:
    """Also what it took: its answer is what the client has not got."""
    core = TcpCore(TcpLogon(account=9))
    logged_on(core)
    for _ in range(3):
        core.place(1, Side.BUY, 5000, 1)
    sent = core.outgoing()
    core.lost()
    logged_on(core, last_seq=2)
    assert core.outgoing() == sent
    assert core.unanswered == 3


def test_a_heartbeat_says_up_to_where_all_was_told() -> None:
    """Who heard nothing for long asks from there on, and is not told that messages are lost."""
    core = TcpCore(TcpLogon(account=9))
    logged_on(core)
    head = (Message.HEARTBEAT, 0, tcp.HEARTBEAT.size, 0)
    assert core.receive(tcp.frame(tcp.HEARTBEAT.pack(*head, 70_000, 0, 0))) == []
    assert core.receive(tcp.frame(tcp.HEARTBEAT.pack(*head, 0, 0, 0))) == []
    core.lost()
    assert logged_on(core) == 70_001
