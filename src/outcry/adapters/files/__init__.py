"""Files: snapshots in a folder."""

from outcry.adapters.files.snapshots import FileSnapshots


__all__ = ["FileSnapshots"]
