"""Snapshots in memory. A crash of a service loses none of them."""

import zlib

from outcry.ports.snapshots import KEEP_COUNT, Snapshot, Snapshots


#: position, timeline, rules_version: snapshots of different kind never stand in for each other.
_Key = tuple[int, int, int]


class MemorySnapshots(Snapshots):
    """Snapshots of one exchange, with the checksum that was right when they were saved."""

    def __init__(self, *, keep: int = KEEP_COUNT) -> None:
        self._keep = keep
        self._saved: dict[str, dict[_Key, tuple[bytes, int]]] = {}

    def save(
        self,
        name: str,
        timeline: int,
        position: int,
        rules_version: int,
        body: bytes,
        *,
        floor: int,
    ) -> None:
        """Save *body*, then forget what is old; see `Snapshots`."""
        saved = self._saved.setdefault(name, {})
        saved[position, timeline, rules_version] = (body, zlib.crc32(body))
        kin = sorted((key for key in saved if key[1:] == (timeline, rules_version)), reverse=True)
        wanted = {*kin[: self._keep], *[key for key in kin if key[0] <= floor][:1]}
        for key in kin:
            if key not in wanted:
                del saved[key]

    def kept(self, name: str, timeline: int, rules_version: int) -> list[int]:
        """Return the positions of what is kept; see `Snapshots`."""
        kind = (timeline, rules_version)
        return sorted(
            (key[0] for key in self._saved.get(name, {}) if key[1:] == kind), reverse=True
        )

    def newest(self, name: str, timeline: int, rules_version: int, at_most: int) -> Snapshot | None:
        """Return the newest valid snapshot not above *at_most*; see `Snapshots`."""
        skipped: list[str] = []
        for key, (body, checksum) in sorted(self._saved.get(name, {}).items(), reverse=True):
            position = key[0]
            if position > at_most:
                continue
            if key[1:] != (timeline, rules_version):
                skipped.append(f"{name} at {position}: of timeline {key[1]}, rules {key[2]}")
            elif zlib.crc32(body) != checksum:
                skipped.append(f"{name} at {position}: its checksum is wrong")
            else:
                return Snapshot(name, timeline, position, rules_version, body, tuple(skipped))
        return None

    def positions(self) -> list[tuple[str, int]]:
        """Return name and position of everything that is saved."""
        return [(name, key[0]) for name, saved in self._saved.items() for key in saved]

    def damage(self, name: str, position: int) -> None:
        """Flip a bit of what is saved under *name* at *position*, as a failing disk does."""
        for key, (body, checksum) in self._saved.get(name, {}).items():
            if key[0] == position:
                self._saved[name][key] = (body[:-1] + bytes([body[-1] ^ 1]), checksum)
