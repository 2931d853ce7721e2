"""Clients of a TCP engine: `TcpClient` blocks, `AsyncTcpClient` is for asyncio.

Amounts are integers, as on the wire: prices in ticks (0.0001), quantities in lots (0.01), money in
micros. Reference: docs/reference/tcp.md.
"""

from outcry_sdk.tcp.asynchronous import AsyncTcpClient
from outcry_sdk.tcp.events import (
    Accepted,
    CancelledAll,
    CommandRefused,
    CopiedFrom,
    Done,
    Fill,
    Instrument,
    LevelChanged,
    LoggedOn,
    MessageRefused,
    MessagesLost,
    OrderCancelled,
    OrderPlaced,
    OrderReduced,
    OrderRefused,
    OrderReplaced,
    PublicTrade,
    TcpEvent,
    TopChanged,
)
from outcry_sdk.tcp.logon import TcpLogon
from outcry_sdk.tcp.sync import TcpClient


__all__ = [
    "Accepted",
    "AsyncTcpClient",
    "CancelledAll",
    "CommandRefused",
    "CopiedFrom",
    "Done",
    "Fill",
    "Instrument",
    "LevelChanged",
    "LoggedOn",
    "MessageRefused",
    "MessagesLost",
    "OrderCancelled",
    "OrderPlaced",
    "OrderReduced",
    "OrderRefused",
    "OrderReplaced",
    "PublicTrade",
    "TcpClient",
    "TcpEvent",
    "TcpLogon",
    "TopChanged",
]
