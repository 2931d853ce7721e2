"""Files: snapshots in a folder, the archive of the log in another, transactions in a file."""

from outcry.adapters.files.archive import FileArchive
from outcry.adapters.files.snapshots import FileSnapshots
from outcry.adapters.files.transactions import FileTransactions


__all__ = ["FileArchive", "FileSnapshots", "FileTransactions"]
