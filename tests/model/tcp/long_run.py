"""Send millions of spoilt inputs: ``python -m tests.model.tcp.long_run --help``.

First to the sessions of both kernels, which must say the same and stay sound; then over sockets to
an engine of its own, whose memory must stay flat while one calm client trades on; then over sockets
to the gateway of an exchange, where one calm client trades on too and the ledger must stay sound.
Ends with status 1 at the first difference. The same seed sends the same bytes.
"""

# ruff: noqa: T201 - a command prints

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog
from tests.model.tcp.spoilt import Spoiler
from tests.support.tcp_door import venue
from tests.support.tcp_engine import Client, process
from tests.support.tcp_records import cancel_all, framed, place
from tests.unit.kernel_sessions.test_sessions import TWINS, House

from outcry.domain.ledger.invariants import audit
from outcry_wire import tcp
from outcry_wire.records import RecordType


#: Inputs between two looks at the whole state.
LOOK_EVERY = 5_000
#: Inputs after which a session counts on from where it is.
RESUME_EVERY = 15
#: Inputs that one connection may send before it is given up.
CONNECTION_INPUTS = 20
RSS_GROWTH_MAX = 64 << 20
#: A price that nobody meets.
LOW = -9 * 10**15


def decode(seed: int, inputs: int) -> int:
    """Give the same inputs to all twins; return how many commands they took."""
    houses, taken = [House(modules) for modules in TWINS.values()], 0
    kept = dict.fromkeys((1, 2, 3), b"")
    spoilers = {session: Spoiler(seed * 3 + session) for session in kept}
    for turn in range(inputs):
        session = turn % 3 + 1
        if turn % RESUME_EVERY < len(kept):
            spoilers[session].resume(houses[0].desk.session(session)[2])
        (data,) = spoilers[session].frames(1)
        data = (kept[session] + data)[-100_000:]
        said = [house.take(session, data, 1_000 + turn) for house in houses]
        asides = [house.desk.aside() for house in houses]
        ends = [(h.desk.consumed, h.desk.fault, h.desk.has_message, h.desk.taken) for h in houses]
        assert all(other == said[0] for other in said), f"input {turn}: answers differ"
        assert all(other == asides[0] for other in asides), f"input {turn}: asides differ"
        assert len(set(ends)) == 1, f"input {turn}: {ends}"
        consumed, fault, has_message, count = ends[0]
        kept[session] = b"" if fault or has_message else data[consumed:]
        taken += count
        if turn % LOOK_EVERY == 0 or turn == inputs - 1:
            for house in houses:
                house.engine.check()
            assert len({house.engine.state_hash() for house in houses}) == 1
    return taken


def rss(pid: int) -> int:
    """Return the resident memory of a process in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * 4096


def disturb(port: int, seed: int, connections: int) -> int:
    """Open connections one after the other, each misbehaves; return how many pieces they sent."""
    sent = 0
    for turn in range(connections):
        with Client(port) as noisy:
            spoiler = Spoiler(seed + turn)
            if turn % 4:
                noisy.say(noisy.logon(100, turn % 50))
                (accepted,) = noisy.records(1)
                spoiler.resume(tcp.LOGON_ACCEPTED.unpack(accepted)[9])
            for data in spoiler.frames(CONNECTION_INPUTS):
                try:
                    noisy.say(data)
                except OSError:
                    break
                sent += 1
    return sent


def live(seed: int, connections: int) -> None:
    """Disturb an engine process; another client must not notice."""
    with tempfile.TemporaryDirectory() as name, process(Path(name), "--keys", "none") as engine:
        sent = disturb(engine.port, seed, min(connections, 500))
        before = rss(engine.child.pid)
        with Client(engine.port, 7) as calm:
            seq = 0
            for at in range(500, connections, 100):
                sent += disturb(engine.port, seed + at, 100)
                calm.say(
                    framed(place(seq + 1, seq + 1, instrument=2, price=LOW), cancel_all(seq + 2))
                )
                assert [name for name, _ in calm.told(3)][1:] == ["ORDER_CANCELLED", "COMMAND_DONE"]
                seq += 2
        grown = rss(engine.child.pid) - before
        print(f"{sent:>12,} pieces on {connections:,} connections to an engine,"
              f" memory grew by {grown:,} bytes", flush=True)  # fmt: skip
        assert grown < RSS_GROWTH_MAX


async def live_door(seed: int, connections: int) -> None:
    """Disturb the gateway of an exchange; another client must not notice."""
    async with venue() as exchange:
        detail = await exchange.door.event(tick_size="0.01")
        market = detail["markets"][0]["market_id"]
        calm_key, noisy_key = await exchange.key("ann"), await exchange.key("bob")
        calm = await exchange.raw()
        await calm.log_on(calm_key)
        sent = 0
        for turn in range(connections):
            noisy = await exchange.raw()
            spoiler = Spoiler(seed + turn)
            if turn % 4:
                accepted = await noisy.log_on(noisy_key, session=turn % 50)
                spoiler.resume(tcp.LOGON_ACCEPTED.unpack(accepted)[9])
            for piece in spoiler.frames(CONNECTION_INPUTS):
                noisy.writer.write(piece)
                sent += 1
            with suppress(ConnectionError):
                await noisy.writer.drain()
            noisy.writer.close()
            if turn % 100 == 0:
                seq = turn // 50
                orders = place(seq + 1, seq + 1, instrument=market, price=100), cancel_all(seq + 2)
                calm.writer.write(framed(*orders))
                kinds: list[int] = []
                while RecordType.ORDER_CANCELLED not in kinds:
                    kinds += [record[0] for record in await calm.records(1)]
                assert kinds.count(tcp.Message.ACCEPTED) == 2, kinds
                audit(exchange.door.venue.asset.ledger)
        calm.writer.close()
        print(f"{sent:>12,} pieces on {connections:,} connections to a gateway of an exchange,"
              f" {exchange.door.venue.asset.ledger.n:,} entries", flush=True)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both; return the exit status."""
    parser = argparse.ArgumentParser(prog="long_run", description="Send spoilt inputs.")
    parser.add_argument("--inputs", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--connections", type=int, default=5_000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    chosen = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    step = 50_000
    try:
        for done in range(0, chosen.inputs, step):
            count = min(step, chosen.inputs - done)
            taken = decode(chosen.seed + done, count)
            print(f"{done + count:>12,} inputs, {taken:,} commands in the last", flush=True)
        live(chosen.seed, chosen.connections)
        asyncio.run(live_door(chosen.seed, chosen.connections // 5))
    except AssertionError as error:
        print(error, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
