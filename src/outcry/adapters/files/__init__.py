"""Files: snapshots in a folder, and the archive of the log in another."""

from outcry.adapters.files.archive import FileArchive
from outcry.adapters.files.snapshots import FileSnapshots


__all__ = ["FileArchive", "FileSnapshots"]
