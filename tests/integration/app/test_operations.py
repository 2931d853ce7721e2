"""Operations on a real exchange: what it shows of itself, its backup, and services one by one."""

import re
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from msgspec import json
from tests.integration.app.test_life import open_orders, place
from tests.support.exchange import Exchange, exchange, wait_until

from outcry.adapters.embedded import EmbeddedServers
from outcry.runtime.config import load


pytestmark = pytest.mark.timeout(600)  # several starts, on whatever machine

DEPLOY = Path(__file__).parents[3] / "deploy"


def shown(made: Exchange) -> set[str]:
    """Return the name of every metric that the processes of a running exchange show."""
    addresses = made.record().addresses
    names: set[str] = set()
    for process in ("core", "match", "history", "edge"):
        text = httpx.get(f"http://{addresses[process]}/metrics", trust_env=False).text
        # A figure without a meaning of its own is just called by its name.
        assert not re.findall(r"^# HELP outcry_.* of [a-z_]+\.$", text, re.MULTILINE), process
        # What is counted by rule has no line before the first refusal, but it is announced.
        names |= set(re.findall(r"^(?:# TYPE )?(\w+)(?:\{| )", text, re.MULTILINE))
    return names


#: What each process measures of itself: rates, latencies, refusals, and how large things are.
MEASURED = {
    "outcry_asset_requests_total", "outcry_asset_submit_seconds_bucket",
    "outcry_asset_commit_seconds_bucket", "outcry_stream_append_seconds_bucket",
    "outcry_history_write_seconds_bucket", "outcry_websocket_user_delay_seconds_bucket",
    "outcry_http_request_seconds_bucket", "outcry_asset_rejects_total",
    "outcry_http_rejects_total", "outcry_depth_levels", "outcry_depth_largest_book_levels",
    "outcry_match_engine_orders", "outcry_disk_free_bytes",
}  # fmt: skip


#: Metrics of an exchange that lives on contracts.
ON_CHAIN = "outcry_escrow_"


def named_in_files() -> Iterator[tuple[str, str]]:
    """Yield file and name of every metric of ours that a dashboard or an alert asks for."""
    alerts = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text("utf-8"))
    for group in alerts["groups"]:
        for rule in group["rules"]:
            for name in re.findall(r"\b(?:outcry|process)_\w+", rule["expr"]):
                yield "alerts.yml", name
    board = json.decode((DEPLOY / "grafana/dashboards/outcry.json").read_bytes())
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            for name in re.findall(r"\b(?:outcry|process)_\w+", target["expr"]):
                yield "outcry.json", name


def test_every_metric_that_is_watched_exists_and_a_backup_brings_everything_back(
    tmp_path: Path,
) -> None:
    """Dashboards and alerts name what is shown; a restored exchange has every order and key.

    It settles on a chain, whose blocks the log believes: they are in the backup as well.
    """
    whole = {"OUTCRY_SETTLEMENT_MODE": "chain", "OUTCRY_EVENTS_STREAM": "event-stream"}
    with exchange(tmp_path / "first", **whole) as made:
        made.start()
        order_id = place(made)
        made.client("").http.get("/api/event_detail", params={"event_id": 99})
        names = shown(made)
        # What only a real chain has is looked for where one is: tests/conformance/test_on_chain.py.
        watched = {entry for entry in named_in_files() if not entry[1].startswith(ON_CHAIN)}
        missing = {entry for entry in watched if entry[1] not in names}
        assert not missing
        assert names >= MEASURED

        blocks = made.data_dir / "onchain" / "chain.journal"
        wait_until(lambda: blocks.exists() and blocks.stat().st_size > 0)
        backup = tmp_path / "market.tar"
        done = made.command("backup", str(backup))
        assert done.returncode == 0, done.stderr
        assert "secrets and archive are in" in done.stdout
        assert backup.stat().st_mode & 0o077 == 0
        again = made.command("backup", str(backup))
        assert (again.returncode, "there already" in again.stderr) == (2, True)
        busy = made.command("restore", str(backup))
        assert (busy.returncode, "holds an exchange" in busy.stderr) == (2, True)
        nowhere = made.command("backup", str(tmp_path / "nowhere" / "market.tar"))
        assert (nowhere.returncode, "there is no folder" in nowhere.stderr) == (2, True)
        with tarfile.open(backup) as tar:
            file = tar.extractfile("onchain/chain.journal")
            journal = file.read() if file else b""
        assert journal
        assert made.stop() == 0

    damaged = tmp_path / "damaged.tar"
    shutil.copy(backup, damaged)
    content = bytearray(damaged.read_bytes())
    content[content.index(b"PGCOPY") + 200] ^= 1
    damaged.write_bytes(content)
    with exchange(tmp_path / "second") as made:
        refused = made.command("restore", str(damaged))
        assert (refused.returncode, "is damaged" in refused.stderr) == (2, True)
        assert not (made.data_dir / "secrets").exists()
        done = made.command("restore", str(backup))
        assert done.returncode == 0, done.stderr
        made.start()
        assert open_orders(made) == [order_id]
        assert "clean" in made.verify()
        for part in ("secrets", "snapshots", "onchain"):
            assert (made.data_dir / part).stat().st_mode & 0o077 == 0, part
        assert (made.data_dir / "onchain" / "chain.journal").read_bytes().startswith(journal)
        assert made.stop() == 0
        reset = made.command("reset", "--yes")
        assert reset.returncode == 0, reset.stderr
        assert not made.data_dir.exists()


def test_services_start_and_stop_one_by_one(tmp_path: Path) -> None:
    """Against servers that run already each has a pid and a log, and is ready when told."""
    with exchange(tmp_path) as servers:
        servers.start()
        dsn, url = endpoints(servers)
        apart = {"OUTCRY_POSTGRES_DSN": dsn, "OUTCRY_REDIS_URL": url}
        with exchange(tmp_path / "apart", **apart) as made:
            assert "does not run" in made.command("stop", "store").stdout
            started = made.command("start", "store")
            assert (started.returncode, "store runs (pid" in started.stdout) == (0, True)
            assert "runs already" in made.command("start", "store").stdout
            log = (made.data_dir / "log" / "store.log").read_text("utf-8")
            assert "process_ready" in log
            lines = json.decode(made.command("status", "--json").stdout)
            (line,) = [line for line in lines if line["name"] == "store"]
            assert (line["state"], line["pid"] > 0) == ("ready", True)
            assert "store is stopped" in made.command("stop", "store").stdout
            assert made.command("status").returncode == 1
            wrong = made.command("start", "gossip")
            assert (wrong.returncode, "no service 'gossip'" in wrong.stderr) == (2, True)
        assert servers.stop() == 0


def endpoints(made: Exchange) -> tuple[str, str]:
    """Return where the servers of a running exchange are."""
    found = EmbeddedServers(load(environ=made.environ())).endpoints()
    return found.postgres_dsn, found.redis_url
