"""The commands of an operator against a running exchange, through a socket like anybody's."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.http_door import Door, http_door
from typer.testing import CliRunner, Result

from outcry.app.commands import app
from outcry.app.failures import UsageError
from outcry.app.operate.reading import pair_of, payout_of, seconds_of, table, time_of
from outcry.app.operate.session import Refused
from outcry.services.api.http import HttpServer


@dataclass
class Terminal:
    """Where somebody types `outcry` commands at an exchange."""

    door: Door
    environ: dict[str, str]

    async def run(self, *arguments: str) -> Result:
        """Run a command to its end, and let the tables catch up."""
        runner = CliRunner()
        ended = await asyncio.to_thread(runner.invoke, app, arguments, env=self.environ)
        await self.door.settled()
        return ended

    async def says(self, *arguments: str) -> str:
        """Return what a command prints that must succeed."""
        ended = await self.run(*arguments)
        assert ended.exit_code == 0, (arguments, ended.output, ended.exception)
        return ended.stdout

    async def json(self, *arguments: str) -> Any:
        """Return what a command prints for programs."""
        return json.loads(await self.says(*arguments, "--json"))

    async def fails(self, *arguments: str) -> str:
        """Return the sentence of a command that must fail; `outcry` prints it and ends with 1."""
        ended = await self.run(*arguments)
        assert isinstance(ended.exception, Refused | UsageError), ended.output
        return str(ended.exception)


@asynccontextmanager
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    """Serve an exchange on a port, with an admin key in the environment."""
    async with http_door() as door:
        server = HttpServer(door.api.app, host="127.0.0.1", port=0, proxies="", drain_ms_max=2_000)
        await server.start()
        running = asyncio.create_task(server.run())
        root = (await door.get("/api/user_data", door.as_user("root")))["id"]
        body = {"user_id": root, "scopes": ["admin"]}
        made = await door.post("/api/admin/keys", body, door.as_admin())
        environ = {
            "OUTCRY_URL": f"http://127.0.0.1:{server.port}",
            "OUTCRY_ADMIN_KEY": made["api_key"],
            "OUTCRY_DATA_DIR": str(tmp_path / "nothing"),
            "COLUMNS": "200",
        }
        try:
            yield Terminal(door, environ)
        finally:
            await server.stop()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_market_is_lived_from_the_command_line(tmp_path: Path) -> None:
    """Created, paused, resumed, closed, proposed, disputed, resolved: each says what is now."""
    async with terminal(tmp_path) as shell:
        made = await shell.json(
            "event", "create", "rain", "Rain?", "-m", "any=Will it rain?", "-m", "heavy=A lot?",
            "--topic", "weather", "--tick", "0.01", "--dispute-window", "12h",
        )  # fmt: skip
        assert made["market_ids"] == [1, 2]
        assert "weather" in await shell.says("event", "list")
        assert "Will it rain?" in await shell.says("event", "show", "1")
        assert "Market 3 is listed." in await shell.says(
            "market", "create", "1", "hail", "Hail?", "--yes", "Hail", "--no", "None",
            "--settlement", "book",
        )  # fmt: skip
        assert "paused" in await shell.says("market", "pause", "1", "--reason", "storm")
        assert "paused 2, 3 " in await shell.says("event", "pause", "1")
        assert "resumed 1, 2, 3 " in await shell.says("event", "resume", "1")
        assert "closed" in await shell.says("market", "close", "1")
        assert "613" in await shell.fails("market", "resolve", "1", "Yes")
        await shell.says("market", "propose", "1", "Yes")
        shown = await shell.says("market", "show", "1")
        assert "1.0000 / 0.0000" in shown
        assert "stands at" in shown
        assert "- / -" in shown, "an empty book has no prices"
        await shell.says("market", "dispute", "1")
        await shell.says("market", "resolve", "1", "0.5,0.5")
        assert (await shell.json("market", "show", "1"))["state"] == "resolved"
        await shell.says("event", "close", "1")
        await shell.says("event", "propose", "1", "2=No")
        await shell.says("event", "dispute", "1")
        await shell.says("event", "resolve", "1", "2=No")
        assert "voided 3 " in await shell.says("event", "void", "1", "--refund")
        assert "void already" in await shell.says("market", "void", "3", "--refund")
        states = [market["state"] for market in await shell.json("market", "list", "--event", "1")]
        assert states == ["resolved", "resolved", "voided"]
        assert len((await shell.says("market", "list")).splitlines()) == 4


async def test_users_keys_and_the_audit_from_the_command_line(tmp_path: Path) -> None:
    """Users are registered and funded once, keys made, rotated and revoked; all is audited."""
    async with terminal(tmp_path) as shell:
        made = await shell.json("user", "create", "alice", "--name", "Alice")
        user = str(made["user_id"])
        assert "exists already" in await shell.says("user", "create", "alice")
        await shell.says("user", "deposit", user, "100", "--tx-hash", "0xa")
        assert "credited before" in await shell.says(
            "user", "deposit", user, "100", "--tx-hash", "0xa"
        )
        named = await shell.run("user", "withdraw", user, "20.5")
        assert "--tx-hash cli-" in named.stderr
        assert "79.500000" in await shell.says("user", "show", user)
        assert "alice" in await shell.says("user", "list")
        assert "501" in await shell.fails("user", "withdraw", user, "80")
        said = await shell.says("user", "limit", "--orders", "5", "--notional", "100")
        assert "Each account may have 5 open orders, 100 set aside for buys over all" in said
        assert "100.000000" in await shell.says("user", "limits")
        assert "has no limit over all markets" in await shell.says("user", "limit")
        key = await shell.json("key", "create", user, "-s", "read", "-s", "trade")
        text = await shell.says("key", "rotate", str(key["key_id"]))
        assert key["api_key"] not in text
        assert "ok_" in text
        assert "revoked" in await shell.says("key", "revoke", str(key["key_id"]))
        (listed,) = await shell.json("key", "list", "--user", user)
        assert (listed["generation"], listed["revoked_at"] > 0) == (2, True)
        lines = await shell.json("audit", "--kind", "deposit")
        assert [(line["key_id"], line["data"]["key"]) for line in lines] == [(1, "0xa")]
        assert "key_revoked" in await shell.says("audit")
        assert "of the kind 'gossip'" in await shell.says("audit", "--kind", "gossip")


async def test_the_whole_exchange_from_the_command_line(tmp_path: Path) -> None:
    """Modes, fees and seasons are set, and a user is frozen and let go: the audit has it all."""
    async with terminal(tmp_path) as shell:
        assert "takes cancels only" in await shell.says("exchange", "mode", "cancel_only")
        assert "takes every order" in await shell.says("exchange", "mode", "normal")
        assert "is no mode; there are normal, " in await shell.fails("exchange", "mode", "closed")
        assert "Fees 1 are flat" in await shell.says("exchange", "fees", "flat", "--taker-bps", "2")
        assert "is no kind of fees" in await shell.fails("exchange", "fees", "steep")
        season = ("exchange", "season", "Spring", "2027-03-01", "2027-06-01")
        assert "Season 1 is created" in await shell.says(*season)
        (found,) = await shell.json("exchange", "seasons")
        assert (found["name"], found["end"] - found["start"]) == ("Spring", 92 * 86_400)
        user = str((await shell.json("user", "create", "alice"))["user_id"])
        (account,) = (await shell.json("user", "show", user))["accounts"]
        number = str(account["account"])
        frozen = await shell.says("user", "freeze", user, "--reason", "lost key")
        assert f"may only cancel with account {number}." in frozen
        foreign = ("user", "unfreeze", user, "--account", "999", "--reason", "new key")
        assert f"has account {number}, not 999" in await shell.fails(*foreign)
        free = await shell.says("user", "unfreeze", user, "--account", number, "--reason", "new")
        assert "everything again" in free
        kinds = {line["kind"] for line in await shell.json("audit", "-n", "100")}
        assert {"mode", "fees", "season", "frozen"} <= kinds, kinds


async def test_what_cannot_be_done_is_a_sentence(tmp_path: Path) -> None:
    """Refusals carry number, got and expected; nobody to ask says how to name an exchange."""
    async with terminal(tmp_path) as shell:
        assert "303" in await shell.fails("event", "show", "9")
        assert "there is no market 9" in await shell.fails("market", "show", "9")
        assert "no market's number" in await shell.fails("event", "resolve", "1", "x=Yes")
        assert "none of read" in await shell.fails("key", "create", "1", "-s", "root")
        key_file = tmp_path / "key"
        key_file.write_text("ok_1_1_wrong\n")
        assert "204" in await shell.fails("user", "list", "--key-file", str(key_file))
        missing = ("user", "list", "--key-file", str(tmp_path / "none"))
        assert "cannot be read" in await shell.fails(*missing)
        shell.environ |= {"OUTCRY_ADMIN_KEY": ""}
        assert "--url needs an admin key" in await shell.fails("user", "list")
        shell.environ |= {"OUTCRY_URL": ""}
        assert "no exchange runs in" in await shell.fails("user", "list")
        gone = ("user", "list", "--url", "http://127.0.0.1:9", "--key-file", str(key_file))
        assert await shell.fails(*gone)


def test_lengths_and_times_and_payouts_are_read() -> None:
    """What an operator writes is read as it looks, or refused with how to write it."""
    assert [seconds_of(text) for text in ("", "0", "90s", "15m", "12h", "3d")] == [
        0, 0, 90, 900, 43_200, 259_200,
    ]  # fmt: skip
    assert time_of("2027-06-01T12:00") == 1_811_851_200
    assert time_of("2027-06-01T14:00+02:00") == 1_811_851_200
    assert payout_of("0.3, 0.7") == ("0.3", "0.7")
    assert payout_of("Yes") is None
    assert pair_of("a=b=c", "x") == ("a", "b=c")
    for wrong, read in (("soon", seconds_of), ("1.5h", seconds_of), ("June", time_of)):
        with pytest.raises(UsageError, match=wrong):
            read(wrong)
    with pytest.raises(UsageError, match="is no X=Y"):
        pair_of("a=", "X=Y")
    assert table(("a", "bc"), [(1, "x"), (22, "")], "none") == "a   bc\n1   x\n22"
    assert table(("a",), [], "none") == "none"
