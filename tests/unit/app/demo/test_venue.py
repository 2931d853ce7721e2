"""What a demo may touch."""

import socket
from pathlib import Path

import pytest
from msgspec.structs import replace

from outcry.app.demo.venue import absent_bots, claim, demo_config, settled
from outcry.app.failures import UsageError
from outcry.app.stopping import DEMO_MARK, reset
from outcry.runtime.config import Config
from outcry.runtime.data_dir import DataDir, DataDirLock


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OUTCRY_DATA_DIR", raising=False)


def config_in(folder: Path) -> Config:
    """Return a configuration with this data folder."""
    return Config(data_dir=str(folder))


def test_a_demo_does_not_use_the_folder_of_an_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing said: a folder of its own. Something said: that one."""
    assert demo_config(None, None).data_dir == str(tmp_path / "outcry-demo-data")
    assert demo_config(None, tmp_path / "here").data_dir == str(tmp_path / "here")
    monkeypatch.setenv("OUTCRY_DATA_DIR", str(tmp_path / "there"))
    assert demo_config(None, None).data_dir == str(tmp_path / "there")


def test_a_new_folder_is_marked_and_known_again(tmp_path: Path) -> None:
    """The mark comes first; whatever an exchange makes afterwards is a demo's."""
    config = config_in(tmp_path / "new")
    claim(config)
    assert (tmp_path / "new" / DEMO_MARK).is_file()
    (tmp_path / "new" / "postgres").mkdir()
    claim(config)


def test_bots_that_are_absent_are_known(tmp_path: Path) -> None:
    """Whoever took part once is remembered, so that what a killed bot left can be cancelled."""
    config = config_in(tmp_path / "new")
    claim(config)
    assert absent_bots(config, ["one", "two", "three"]) == []
    assert absent_bots(config, ["one"]) == ["two", "three"]
    assert absent_bots(config, ["four", "two"]) == ["three", "one"]


def test_a_folder_with_an_exchange_is_refused(tmp_path: Path) -> None:
    """Nothing is changed in a folder that an exchange made without a mark."""
    (tmp_path / "secrets").mkdir()
    with pytest.raises(UsageError, match="holds an exchange that is not a demo venue"):
        claim(config_in(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["secrets"]


def test_a_running_exchange_is_refused(tmp_path: Path) -> None:
    """An exchange that runs without a mark is named with its pid."""
    with (
        DataDirLock(DataDir(tmp_path)),
        pytest.raises(UsageError, match=r"runs in .* \(pid \d+\) is not a demo venue"),
    ):
        claim(config_in(tmp_path))
    assert not (tmp_path / DEMO_MARK).exists()


def test_reset_takes_the_mark_away(tmp_path: Path) -> None:
    """After `outcry reset` the folder is nobody's: a real exchange there is no demo's."""
    folder = tmp_path / "new"
    claim(config_in(folder))
    assert reset(config_in(folder)) == "Deleted."
    assert not folder.exists()


def test_servers_of_others_are_refused(tmp_path: Path) -> None:
    """The mark says nothing about a database that is elsewhere, or about keys of an issuer."""
    config = config_in(tmp_path)
    dsn = replace(config, postgres=replace(config.postgres, dsn="postgresql://db/market"))
    url = replace(config, redis=replace(config.redis, url="redis://cache"))
    keys = replace(config, auth=replace(config.auth, key_file="keys.pem"))
    still = replace(config, trading=replace(config.trading, clock="manual"))
    for other, word in ((dsn, "dsn"), (url, "redis.url"), (keys, "key_file"), (still, "clock")):
        with pytest.raises(UsageError, match=word):
            claim(other)
    assert list(tmp_path.iterdir()) == []


def test_a_demo_gives_way_to_whoever_has_its_port(tmp_path: Path) -> None:
    """A port that is taken is replaced by a free one; the others stay as they are."""
    config = config_in(tmp_path)
    free = settled(replace(config, http=replace(config.http, port=0))).http.port
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        section = replace(config.http, port=taken)
        feeds = replace(config.feeds, port=free)
        found = settled(replace(config, http=section, feeds=feeds))
    assert found.http.port not in (0, taken)
    assert found.feeds.port == free
