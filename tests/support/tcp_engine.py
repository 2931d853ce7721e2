"""A TCP engine in this process or as its own, and a client that says exactly what it is told."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from tests.support.tcp_records import read, unframed

from outcry.services.gateway.config import Limits
from outcry.services.gateway.logons import Key, Logons
from outcry.services.gateway.poller import EngineLoop
from outcry.services.gateway.server import EngineServer
from outcry.services.gateway.service import EngineService
from outcry_wire import tcp


INSTRUMENTS = """
[[instrument]]
id = 1
name = "RAIN"
kind = "market"

[[instrument]]
id = 2
name = "OIL-DEC"
kind = "future"
tick = 1
"""
SOON = 10.0
"""Seconds that anything may take here."""


def until(holds: Callable[[], bool]) -> None:
    """Return once *holds()*; fails after `SOON`."""
    for _ in range(int(SOON * 200)):
        if holds():
            return
        time.sleep(0.005)
    raise AssertionError("it never came true")


class Client:
    """A blocking socket that keeps what came and was not asked for yet."""

    def __init__(self, port: int, account: int = 0, session: int = 1, **logon: Any) -> None:
        """Connect and, with an account, log on."""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SOON)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._bytes = b""
        (self.hello,) = self.records(1)
        self.nonce = tcp.HELLO.unpack(self.hello)[10]
        if account:
            self.say(self.logon(account, session, **logon))
            (accepted,) = self.records(1)
            assert accepted[0] == tcp.Message.LOGON_ACCEPTED, read(tcp.frame(accepted))
            self.accepted = tcp.LOGON_ACCEPTED.unpack(accepted)[7:]

    def logon(
        self, account: int, session: int = 1, *, flags: int = 0, next_number: int = 0,
        heartbeat_ms: int = 0, version: int = tcp.VERSION, name: str = "", secret: bytes = b"",
    ) -> bytes:  # fmt: skip
        """Return a LOGON, signed if there is a secret."""
        head = (tcp.Message.LOGON, 0, tcp.LOGON.size, 0, 0, 0, account)
        row = (version, flags, session, heartbeat_ms, next_number, name.encode())
        record = tcp.LOGON.pack(*head, *row, bytes(32))
        if secret:
            record = record[:-32] + tcp.proof_of(secret, self.nonce, record)
        return tcp.frame(record)

    def say(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def records(self, count: int) -> list[bytes]:
        """Wait for a number of records, whatever the frames; the rest is kept."""
        found: list[bytes] = []
        while len(found) < count:
            while len(self._bytes) < 4 or len(self._bytes) < 4 + int.from_bytes(self._bytes[:4]):
                more = self.socket.recv(1 << 16)
                if not more:
                    self.close()
                assert more, f"closed after {[record[0] for record in found]}"
                self._bytes += more
            end = 4 + int.from_bytes(self._bytes[:4])
            found += unframed(self._bytes[:end])
            self._bytes = self._bytes[end:]
        assert len(found) == count, [record[0] for record in found]
        return found

    def told(self, count: int) -> list[tuple[str, tuple[Any, ...]]]:
        """Wait for records; return their names and fields."""
        return [item for record in self.records(count) for item in read(tcp.frame(record))]

    def rest(self) -> list[tuple[str, tuple[Any, ...]]]:
        """Wait for the end of the connection; return what came before it."""
        data = self._bytes
        self._bytes = b""
        try:
            while more := self.socket.recv(1 << 16):
                data += more
        except ConnectionResetError:
            pass
        return read(data)

    def message(self, kind: tcp.Message, *fields: Any, instrument: int = 0) -> None:
        """Send one message of the session."""
        layout = tcp.MESSAGES[kind]
        self.say(tcp.frame(layout.pack(kind, 0, layout.size, instrument, 0, 0, 0, *fields)))

    def close(self) -> None:
        """Leave without a word."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Hosted:
    """An engine in a thread of this process, so that a test can look inside it."""

    def __init__(self, limits: Limits, keys: dict[str, Key] | None) -> None:
        self.limits, self.keys = limits, keys
        self.loop = EngineLoop()
        self.port = 0
        self._started = threading.Event()
        self._stop: asyncio.Event
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    async def _serve(self) -> None:
        from outcry.app.engine import files  # noqa: PLC0415 - only here

        self.engine = EngineService(self.limits, Logons(self.keys))
        entries = [
            files.InstrumentEntry(id=1, name="RAIN"),
            files.InstrumentEntry(id=2, name="OIL-DEC", kind="future", tick=1),
        ]
        files.apply(self.engine.room, files.InstrumentsFile(instrument=entries), 1)
        self.engine.names.update({entry.id: entry.name for entry in entries})
        server = EngineServer(self.engine)
        await server.start("127.0.0.1", 0)
        self.port = server.port
        self._stop = asyncio.Event()
        self._started.set()
        await self._stop.wait()
        await server.stop()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(SOON)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(SOON)

    def ask(self, question: Callable[[], Any]) -> Any:
        """Return what *question* returns in the engine's thread."""

        async def answer() -> Any:
            return question()

        return asyncio.run_coroutine_threadsafe(answer(), self.loop).result(SOON)

    def client(self, account: int, session: int = 1, **logon: Any) -> Client:
        """Return a client that has logged on."""
        return Client(self.port, account, session, **logon)


def hosted(keys: dict[str, Key] | None = None, **limits: int) -> Hosted:
    """Return an engine to be entered."""
    return Hosted(Limits(**limits), keys)


class Process:
    """An engine as `outcry engine` starts it."""

    def __init__(self, folder: Path, *options: str) -> None:
        (folder / "instruments.toml").write_text(INSTRUMENTS)
        self._log = (folder / "engine.log").open("a+")
        command = [sys.executable, "-c", "from outcry.app.cli import main; main()", "engine"]
        command += ["--instruments", str(folder / "instruments.toml"), "--port", "0", *options]
        begin = self._log.tell()
        self.child = subprocess.Popen(command, stderr=self._log, env=os.environ)
        self.port = self._listening(begin)

    def _listening(self, begin: int) -> int:
        for _ in range(int(SOON * 50)):
            if found := re.search(r'"address":"127.0.0.1:(\d+)"', self.text(begin)):
                return int(found[1])
            if self.child.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(self.text(begin))

    def text(self, begin: int = 0) -> str:
        """Return what the process has said."""
        return Path(self._log.name).read_text()[begin:]

    def hashes(self) -> list[str]:
        """Return the state hash of each start and each orderly end."""
        return re.findall(r'"state_hash":"(\w+)"', self.text())

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the process with a signal; return its exit status."""
        self.child.send_signal(number)
        status = self.child.wait(SOON)
        self._log.close()
        return status


@contextmanager
def process(folder: Path, *options: str) -> Iterator[Process]:
    """Start an engine process, and make sure that it ends."""
    running = Process(folder, *options)
    try:
        yield running
    finally:
        if running.child.poll() is None:
            running.stop(signal.SIGKILL)
