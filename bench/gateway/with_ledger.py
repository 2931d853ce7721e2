"""The gateway of an exchange, ledger and disk included, next to the stand-alone engine.

Both are loaded by `outcry load` with the same shape: places and cancels, some of which trade. An
answer of either means that what it says is on the disk.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final


ROOT: Final = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.support.exchange import COMMAND, Exchange, exchange  # noqa: E402


INSTRUMENT: Final = '[[instrument]]\nid = 1\nkind = "market"\ntick = 100\n'
#: Connections, window and batch.
SHAPES: Final = ((16, 64, 16), (16, 1, 1))
USERS: Final = 4


def load(target: str, shape: tuple[int, int, int], seconds: float, *more: str) -> dict[str, Any]:
    """Load *target*; return what `outcry load` found."""
    connections, window, batch = map(str, shape)
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(
            [*COMMAND, "load", target, "--connections", connections, "--window", window,
             "--batch", batch, "--seconds", str(seconds), "--out", out, *more],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        found: dict[str, Any] = json.loads((Path(out) / "result.json").read_text("utf-8"))
    return found


def keys(made: Exchange) -> list[str]:
    """List one market, give some users money and keys; return those."""
    operator = made.client(made.token("operator", admin=True))
    market = {"market_identifier": "m", "question": "Is it fast?", "tick_size": "0.01"}
    operator.post(
        "/api/admin/events", {"event_identifier": "bench", "title": "Bench", "markets": [market]}
    )
    found = []
    for number in range(USERS):
        user = made.client(made.token(f"user{number}")).get("/api/user_data")["id"]
        money = {"user_id": user, "amount": "100000000", "tx_hash": f"for {number}"}
        operator.post("/api/admin/deposits", money)
        asked = {"user_id": user, "scopes": ["read", "trade"]}
        found.append(str(operator.post("/api/admin/keys", asked)["api_key"]))
    return found


@contextmanager
def engine(folder: Path) -> Iterator[str]:
    """Run a stand-alone engine with a journal that is synced; yield its address."""
    (folder / "instruments.toml").write_text(INSTRUMENT)
    command = [*COMMAND, "engine", "--instruments", str(folder / "instruments.toml")]
    command += ["--keys", "none", "--port", "0", "--journal", str(folder / "journal")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                if found := re.search(r'"address":"(127.0.0.1:\d+)"', line):
                    yield found[1]
                    break
        finally:
            process.terminate()
            process.stderr.read()


def measure(seconds: float) -> list[tuple[str, tuple[int, int, int], dict[str, Any]]]:
    """Load both with every shape; return what was found, by name and shape."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        settings = {"OUTCRY_LIMITS_ACCOUNT_REQUESTS_PER_SECOND_MAX": "1000000"}
        with exchange(Path(name) / "exchange", **settings) as made:
            made.start()
            api_keys = [part for key in keys(made) for part in ("--api-key", key)]
            address = str(made.record().addresses["gateway"])
            found += [
                ("gateway of the exchange", shape, load(address, shape, seconds, *api_keys))
                for shape in SHAPES
            ]
            made.stop()
        with engine(Path(name)) as address:
            found += [
                ("stand-alone engine", shape, load(address, shape, seconds)) for shape in SHAPES
            ]
    return found


def show(seconds: float) -> list[dict[str, Any]]:
    """Measure, print and return the figures."""
    print(f"\n{'durable answers':26}{'shape':>12}{'orders/s':>12}{'p50 ms':>9}{'p99 ms':>9}")
    rows = []
    for name, (connections, _, batch), result in measure(seconds):
        run = result["runs"][-1]
        p50, p99 = (run["latency_us"][key] / 1_000 for key in ("p50", "p99"))
        shape = f"{connections} x {batch}"
        rows.append({"server": name, "shape": shape, **run})
        print(f"{name:26}{shape:>12}{run['per_second']:12,.0f}{p50:9.2f}{p99:9.2f}", flush=True)
    return rows


if __name__ == "__main__":
    show(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
