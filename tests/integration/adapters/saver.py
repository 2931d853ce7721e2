"""Saves ever newer snapshots into the folder of its first argument until it is killed."""

import sys
from pathlib import Path

from outcry.adapters.files import FileSnapshots


BODY_BYTES = 4_000_000


def body_at(position: int) -> bytes:
    """Return a body that says which snapshot it belongs to."""
    return position.to_bytes(8, "little") * (BODY_BYTES // 8)


def main() -> None:
    """Save 1, 2, 3 and so on, and say so after each."""
    snapshots = FileSnapshots(Path(sys.argv[1]))
    for position in range(int(sys.argv[2]), 1 << 40):
        snapshots.save("kernel_0", 1, position, 1, body_at(position), floor=0)
        sys.stdout.write(f"{position}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
