"""The laws of the archive of the log, on files and in memory."""

from pathlib import Path
from typing import TypeVar

import pytest

from outcry.adapters.files import FileArchive
from outcry.adapters.memory import MemoryArchive
from outcry.domain.errors import CorruptError
from outcry.ports.ledger_log import Row
from outcry.ports.log_archive import LogArchive


ArchiveT = TypeVar("ArchiveT", bound=LogArchive)


def some(first: int, last: int) -> list[Row]:
    """Return rows with every kind of body."""
    return [
        Row(n, 1 + n // 4, 10 * n, bytes(range(n % 256)) * (n % 5)) for n in range(first, last + 1)
    ]


def read(archive: LogArchive, after: int, upto: int) -> list[Row]:
    """Return rows as one list."""
    return [row for rows in archive.rows(after, upto) for row in rows]


def filled(archive: ArchiveT) -> ArchiveT:
    """Return *archive* with three segments."""
    for first, last in ((1, 40), (41, 41), (42, 99)):
        archive.save(some(first, last))
    return archive


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with three segments."""
    filled(FileArchive(tmp_path / "archive"))
    return tmp_path / "archive"


@pytest.fixture(params=["files", "memory"])
def archive(request: pytest.FixtureRequest, folder: Path) -> LogArchive:
    """Return an archive with three segments."""
    return FileArchive(folder) if request.param == "files" else filled(MemoryArchive())


def test_what_was_saved_is_read_by_everybody(archive: LogArchive) -> None:
    """Any stretch of entries comes back, byte for byte, across segments."""
    assert [segment[:2] for segment in archive.segments()] == [(1, 40), (41, 41), (42, 99)]
    assert read(archive, 0, 99) == some(1, 99)
    assert read(archive, 17, 60) == some(18, 60)
    assert read(archive, 99, 200) == []


def test_nothing_was_saved_yet(tmp_path: Path) -> None:
    """An archive that is not there holds nothing."""
    assert FileArchive(tmp_path / "none").segments() == []
    assert MemoryArchive().segments() == []


def test_what_does_not_follow_is_refused(archive: LogArchive, folder: Path) -> None:
    """Entries come in order, none twice, none left out; nothing is written otherwise."""
    before = archive.segments()

    for first, last in ((1, 40), (99, 101), (101, 102)):
        with pytest.raises(ValueError, match="do not follow"):
            archive.save(some(first, last))
    with pytest.raises(ValueError, match="do not follow"):
        archive.save([*some(100, 101), *some(103, 104)])

    assert archive.segments() == before
    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize("place", [0, 9, 40, 70, 120, -1])
def test_an_altered_byte_is_found(folder: Path, place: int) -> None:
    """Wherever it is, in the numbers, the chain or the content, reading names a file."""
    path = sorted(folder.iterdir())[1]
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)

    with pytest.raises(CorruptError, match=r"log-\d+"):
        read(FileArchive(folder), 0, 99)


def test_a_missing_or_foreign_segment_is_found(folder: Path) -> None:
    """Each holds the digest of the one before: none can be left out, or put in from elsewhere."""
    first, second, third = sorted(folder.iterdir())
    foreign = FileArchive(folder.parent / "foreign")
    foreign.save(some(1, 40)[:39])
    foreign.save([Row(40, 1, 1, b"another history")])
    foreign.save(some(41, 41))
    content = second.read_bytes()

    second.write_bytes((folder.parent / "foreign" / second.name).read_bytes())
    with pytest.raises(CorruptError, match="does not follow"):
        FileArchive(folder).segments()
    second.unlink()
    with pytest.raises(CorruptError, match=third.stem):
        FileArchive(folder).segments()
    second.write_bytes(content)
    first.unlink()
    with pytest.raises(CorruptError, match=second.stem):
        FileArchive(folder).segments()
