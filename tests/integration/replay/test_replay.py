"""`outcry replay` on a small recording: the report, which does not depend on the way to it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.exchange import COMMAND, wait_until
from tests.support.recordings import write_recording

from outcry.app.record import RecordFile


REPORT = ("report.txt", "report.html")


class Replay:
    """One data folder, and the command on it."""

    def __init__(self, folder: Path, files: tuple[Path, Path]) -> None:
        self.data_dir = folder / "replay"
        self._files = files
        self._output = folder / "output.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the command."""
        markets, prices = self._files
        arguments = ("replay", "--markets", str(markets), "--prices", str(prices))
        environ = {k: v for k, v in os.environ.items() if not k.startswith("OUTCRY_")}
        small = {"OUTCRY_POSTGRES_SHARED_BUFFERS_MIB": "16", "OUTCRY_REDIS_MEMORY_MIB_MAX": "64"}
        with self._output.open("ab") as output:
            self.process = subprocess.Popen(
                [*COMMAND, *arguments, "--data-dir", str(self.data_dir)],
                env={**environ, **small},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def finish(self) -> int:
        """Return the exit code."""
        assert self.process is not None
        return self.process.wait(240)

    def output(self) -> str:
        """Return everything it said."""
        return self._output.read_text("utf-8")

    def kill_when(self, enough: Callable[[dict[str, Any]], bool]) -> None:
        """Kill it with SIGKILL when the last market that is listed is *enough* for it."""
        wait_until(lambda: any(map(enough, self._markets())), self._ended)
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        assert self.process.wait(180) == -signal.SIGKILL

    def _ended(self) -> str:
        assert self.process is not None
        return "" if self.process.poll() is None else self.output()

    def _markets(self) -> list[dict[str, Any]]:
        record = RecordFile(self.data_dir).running()
        if record is None or "http" not in record.addresses:
            return []
        try:
            url = f"http://{record.addresses['http']}/api/events?page_size=100"
            answer = httpx.get(url, timeout=10, trust_env=False).json()
        except (httpx.HTTPError, ValueError):
            return []
        return [
            {**event["markets"][0], "slug": event["slug"]}
            for event in (answer["data"] or {}).get("events", ())
        ]

    def report(self) -> list[str]:
        """Return the files of the report."""
        return [(self.data_dir / name).read_text("utf-8") for name in REPORT]


@contextmanager
def replay(folder: Path, files: tuple[Path, Path]) -> Iterator[Replay]:
    """Give a replay that nothing of survives the block."""
    folder.mkdir()
    made = Replay(folder, files)
    try:
        yield made
    finally:
        if made.process is not None:
            sys.stdout.write(made.output()[-8_000:])  # shown beside a failure only
        if made.process is not None and made.process.poll() is None:
            made.process.kill()
            made.process.wait()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the recording."""
    return write_recording(tmp_path_factory.mktemp("recording"))


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, files: tuple[Path, Path]
) -> Iterator[tuple[Replay, list[str]]]:
    """Give a replay that ran from beginning to end, and its report."""
    with replay(tmp_path_factory.mktemp("whole") / "run", files) as made:
        made.start()
        assert made.finish() == 0, made.output()
        yield made, made.report()


def test_the_report_accounts_for_every_market(whole: tuple[Replay, list[str]]) -> None:
    """Each market is decided by its tick, by a late one, voided or not listed, with the reason."""
    words, page = whole[1]
    for line in (
        "5 listed",
        "3 decided by a tick at the closing second",
        "3   of these agree with the record",
        "1 decided by the last tick, at most 5 s before the end",
        "1 voided, half each",
        "1 not listed: no strike",
        "verification: clean",
        "The 3 markets that no tick at the closing second decides",
        "up-or-down-3  paid",
        "no tick at the closing second; the last one is 2 s old",
        "up-or-down-4  paid half each",
        "up-or-down-5  paid not listed",
    ):
        assert line in words, f"{line!r} is not in\n{words}"
    for kind in ("transfer", "mint", "merge"):
        (found,) = [line.split() for line in words.splitlines() if line.split()[:1] == [kind]]
        assert int(found[1]) > 0
    assert page.count("<svg") == 4
    assert "http" not in page.replace("http://www.w3.org", "")


def test_again_is_the_same_without_trading(whole: tuple[Replay, list[str]]) -> None:
    """The command on a finished replay places no order and gives the same report."""
    made, report = whole
    made.start()
    assert made.finish() == 0, made.output()
    assert made.report() == report
    assert made.output().count("This run:") == 1


def test_killed_twice_it_ends_with_the_same_report(
    tmp_path: Path, files: tuple[Path, Path], whole: tuple[Replay, list[str]]
) -> None:
    """SIGKILL while the second market trades and after the third is paid changes no report."""
    with replay(tmp_path / "killed", files) as made:
        made.start()
        made.kill_when(
            lambda market: market["slug"].endswith("1") and market["volume"] > "0.000000"
        )
        made.start()
        made.kill_when(
            lambda market: market["slug"].endswith("2") and market["state"] == "resolved"
        )
        made.start()
        assert made.finish() == 0, made.output()
        assert made.report() == whole[1]


def test_a_folder_with_something_else_is_refused(
    tmp_path: Path, files: tuple[Path, Path], whole: tuple[Replay, list[str]]
) -> None:
    """A folder that is no replay, or one of other files, is left alone and ends with 2."""
    with replay(tmp_path / "other", files) as made:
        made.data_dir.mkdir()
        (made.data_dir / "exchange.lock").touch()
        made.start()
        assert made.finish() == 2
        assert "holds no replay" in made.output()
        assert [path.name for path in made.data_dir.iterdir()] == ["exchange.lock"]
    other = write_recording(tmp_path, markets=3)
    done = subprocess.run(
        [sys.executable, *COMMAND[1:], "replay", "--markets", str(other[0]), "--prices",
         str(other[1]), "--data-dir", str(whole[0].data_dir)],
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "other files" in done.stderr
