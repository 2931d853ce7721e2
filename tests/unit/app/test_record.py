"""The record of a running exchange: whole or not there, and true only while its supervisor runs."""

import os
from pathlib import Path

from outcry.app.pids import ProcessId, identify
from outcry.app.record import Address, Record, RecordFile


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Identities and addresses survive the file; removing it twice is no error."""
    ourselves = identify(os.getpid())
    assert ourselves is not None
    record = Record(
        version="1",
        supervisor=ourselves,
        processes={"core": ProcessId(7, "then")},
        addresses={"http": Address("127.0.0.1", 8000)},
    )
    file = RecordFile(tmp_path)
    file.write(record)
    assert file.read() == record
    assert file.running() == record
    file.remove()
    file.remove()
    assert file.read() is None


def test_a_record_of_a_dead_supervisor_or_in_pieces_counts_for_nothing(tmp_path: Path) -> None:
    """`running` wants a supervisor that runs; a file that does not decode is none."""
    file = RecordFile(tmp_path)
    file.write(Record(version="1", supervisor=ProcessId(os.getpid(), "earlier")))
    assert file.read() is not None
    assert file.running() is None
    (tmp_path / "run" / "exchange.json").write_text('{"version":')
    assert file.read() is None
