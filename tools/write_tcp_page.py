"""Write the tables of docs/reference/tcp.md and the golden vectors; tests hold both equal."""

import json
import re
from pathlib import Path
from struct import Struct, calcsize
from typing import Any, Final

from tools.tcp_fields import FIELDS, HEADER_FIELDS, MEANINGS, SECRETS, TEXTS

from outcry_wire.records import LAYOUTS, RecordType
from outcry_wire.tcp import MESSAGES, Message, fixed_text, frame


ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs/reference/tcp.md"
VECTORS: Final = ROOT / "tests/vectors/tcp.json"
BEGIN: Final = "<!-- tables: written by tools/write_tcp_page.py -->\n"
END: Final = "<!-- end of tables -->\n"
_CODES: Final = {"B": "u8", "H": "u16", "I": "u32", "q": "i64", "Q": "u64"}
_PART: Final = re.compile(r"(\d*)([a-zA-Z])")

Kind = RecordType | Message


def layout(kind: Kind) -> Struct:
    """Return the layout of a record."""
    return MESSAGES[kind] if isinstance(kind, Message) else LAYOUTS[kind]


def columns(kind: Kind) -> list[tuple[int, str, str]]:
    """Return offset, type and name of each field behind the header."""
    names = iter(FIELDS[kind].split())
    found, at = [], 0
    for count, code in _PART.findall(layout(kind).format.lstrip("<")):
        if code == "x":
            at += int(count or 1)
            continue
        for _ in range(1 if code == "s" else int(count or 1)):
            size = int(count) if code == "s" else calcsize("<" + code)
            if at >= 32:
                found.append((at, f"{size} bytes" if code == "s" else _CODES[code], next(names)))
            at += size
    assert next(names, None) is None
    return found


def tables() -> str:
    """Return the tables of the page."""
    lines = []
    for kind in FIELDS:
        lines += [f"### {kind.name} ({kind.value}), {layout(kind).size} bytes", ""]
        if rows := columns(kind):
            lines += ["| at | type | field | |", "|---:|---|---|---|"]
            lines += [
                f"| {at} | {code} | `{name}` | {MEANINGS.get(name, '')} |"
                for at, code, name in rows
            ]
        else:
            lines.append("The header is all.")
        lines.append("")
    return "\n".join(lines)


def page(text: str) -> str:
    """Return the page *text* with tables as they are now."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + "\n" + tables() + END + rest.split(END)[1]


def sample(kind: Kind) -> dict[str, Any]:
    """Return a record with a different value in each field: its fields and bytes."""
    size = layout(kind).size
    head = (int(kind), 0, size, 7, 41, 1_700_000_000_000_001, 12)
    fields: dict[str, Any] = dict(zip(HEADER_FIELDS, head, strict=True))
    for turn, (at, code, name) in enumerate(columns(kind), 1):
        if name in TEXTS:
            fields[name] = f"text {turn}"
        elif name in SECRETS:
            fields[name] = bytes(range(turn, turn + 32)).hex()
        elif code == "u8":
            fields[name] = turn % 2
        else:
            fields[name] = 100 * at + turn
    return {"record": kind.name, "fields": fields, "hex": packed(kind, fields).hex()}


def packed(kind: Kind, fields: dict[str, Any]) -> bytes:
    """Return the frame with one record that has these fields."""
    values = list(fields.values())[:7]
    for name, value in list(fields.items())[7:]:
        if name in TEXTS:
            values.append(fixed_text(value, 112))
        else:
            values.append(bytes.fromhex(value) if name in SECRETS else value)
    return frame(layout(kind).pack(*values))


def main() -> None:
    """Write both files."""
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
    VECTORS.parent.mkdir(exist_ok=True)
    vectors = [sample(kind) for kind in FIELDS]
    VECTORS.write_text(json.dumps(vectors, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
