"""The files of an engine: what they say is done, and what is wrong in them is said."""

from pathlib import Path

import pytest
from tests.support.tcp_engine import INSTRUMENTS

from outcry.app.engine import files
from outcry.app.failures import UsageError
from outcry.services.gateway.room import Room


KEY = '[[key]]\nname = "a"\nsecret = "00112233445566778899aabbccddeeff"\naccount = 7\n'


def written(folder: Path, text: str) -> Path:
    """Return a file with that text."""
    file = folder / "file.toml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[instrument", "file.toml"),
        ("", "missing required field `instrument`"),
        ("[[instrument]]\nid = 0\n", "$.instrument[0].id"),
        ("[[instrument]]\nid = 1\ncolour = 2\n", "unknown field `colour`"),
        ("[[instrument]]\nid = 1\n[[instrument]]\nid = 1\n", "an id is used for two"),
    ],
)
def test_a_wrong_instruments_file_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    """The sentence says which file, and where in it."""
    with pytest.raises(UsageError) as caught:
        files.read_instruments(written(tmp_path, text))
    assert "file.toml" in str(caught.value)
    assert sentence in str(caught.value)


def test_keys_are_read_and_wrong_ones_named(tmp_path: Path) -> None:
    """The group is the account's unless it is said; short secrets and doubled names are refused."""
    (key,) = files.read_keys(written(tmp_path, KEY)).values()
    assert (key.account, key.group, key.may_copy, len(key.secret)) == (7, 7, False, 16)
    with pytest.raises(UsageError, match="used for two keys"):
        files.read_keys(written(tmp_path, KEY + KEY))
    with pytest.raises(UsageError, match="secret"):
        files.read_keys(written(tmp_path, KEY.replace("ccddeeff", "")))
    with pytest.raises(UsageError, match="cannot be read"):
        files.read_keys(tmp_path / "none.toml")


def test_a_changed_file_changes_what_it_may(tmp_path: Path) -> None:
    """States, ticks and limits follow the file; kind and bounds are for ever."""
    room = Room(lambda _place, _data: None)
    wanted = files.read_instruments(written(tmp_path, INSTRUMENTS))
    assert files.apply(room, wanted, 1) == {1, 2}
    seq = room.engine.seq
    assert files.apply(room, wanted, 2) == set()
    assert room.engine.seq == seq
    halted = INSTRUMENTS.replace('kind = "market"', 'kind = "market"\nstate = "halted"')
    assert files.apply(room, files.read_instruments(written(tmp_path, halted)), 3) == {1}
    assert room.instruments[1].state == 3
    other = INSTRUMENTS.replace('kind = "market"', 'kind = "future"')
    with pytest.raises(UsageError, match="for ever"):
        files.apply(room, files.read_instruments(written(tmp_path, other)), 4)
    bad = "[[instrument]]\nid = 3\ntick = 7\n"
    with pytest.raises(UsageError, match="divides 10,000"):
        files.apply(room, files.read_instruments(written(tmp_path, bad)), 5)
