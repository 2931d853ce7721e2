"""Snapshots in memory. A crash of a service loses none of them."""

import zlib

from outcry.ports.snapshots import KEEP_COUNT, Snapshot, Snapshots


#: name, timeline, rules_version: snapshots of different kin never stand in for each other.
_Kin = tuple[str, int, int]


class MemorySnapshots(Snapshots):
    """Snapshots of one exchange, with the checksum that was right when they were saved."""

    def __init__(self, *, keep: int = KEEP_COUNT) -> None:
        self._keep = keep
        self._saved: dict[_Kin, dict[int, tuple[bytes, int]]] = {}

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
        kin = self._saved.setdefault((name, timeline, rules_version), {})
        kin[position] = (body, zlib.crc32(body))
        newest_first = sorted(kin, reverse=True)
        wanted = {*newest_first[: self._keep], *[p for p in newest_first if p <= floor][:1]}
        for old in kin.keys() - wanted:
            del kin[old]

    def newest(self, name: str, timeline: int, rules_version: int, at_most: int) -> Snapshot | None:
        """Return the newest valid snapshot not above *at_most*; see `Snapshots`."""
        kin = self._saved.get((name, timeline, rules_version), {})
        skipped: list[str] = []
        for position in sorted(kin, reverse=True):
            body, checksum = kin[position]
            if position > at_most:
                continue
            if zlib.crc32(body) != checksum:
                skipped.append(f"{name} at {position}: its checksum is wrong")
                continue
            return Snapshot(name, timeline, position, rules_version, body, tuple(skipped))
        return None

    def damage(self, name: str, position: int) -> None:
        """Flip a bit of what is saved under *name* at *position*, as a failing disk does."""
        for (saved_name, _, _), kin in self._saved.items():
            if saved_name == name and position in kin:
                body, checksum = kin[position]
                kin[position] = (body[:-1] + bytes([body[-1] ^ 1]), checksum)
