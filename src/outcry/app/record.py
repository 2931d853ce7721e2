"""What a running exchange leaves in its data folder, so that other commands find it.

One file, ``run/exchange.json``: the processes with their identities and where each listens. It is
replaced as a whole whenever a process begins, and removed at the end; what a killed exchange leaves
behind names processes that no longer run, which everybody can see.
"""

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from outcry.app.pids import ProcessId, alive
from outcry.runtime.data_dir import DataDir


class Address(Struct, frozen=True):
    """Where something listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Record(Struct, kw_only=True):
    """One exchange as it runs now."""

    version: str
    supervisor: ProcessId
    #: Groups and servers by name, in the order in which they are started.
    processes: dict[str, ProcessId] = msgspec.field(default_factory=dict)
    #: ``http``, ``feeds``, ``grpc``, and the metrics of each group by the group's name.
    addresses: dict[str, Address] = msgspec.field(default_factory=dict)


def running_pid(data_dir: str) -> int | None:
    """Return the pid of the `outcry up` that holds *data_dir* now, None when there is none."""
    return DataDir(data_dir).running_pid() if Path(data_dir).is_dir() else None


class RecordFile:
    """The record of one data folder."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing is read or made yet."""
        self._path = data_dir / "run" / "exchange.json"

    def read(self) -> Record | None:
        """Return what is recorded, None when nothing (readable) is."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Record)
        except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
            return None

    def running(self) -> Record | None:
        """Return the record of an exchange whose supervisor runs."""
        record = self.read()
        return record if record is not None and alive(record.supervisor) else None

    def write(self, record: Record) -> None:
        """Replace the record, as a whole."""
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        draft = self._path.with_suffix(f".{os.getpid()}")
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2))
        draft.replace(self._path)

    def remove(self) -> None:
        """Remove the record, if there is one."""
        self._path.unlink(missing_ok=True)
