"""The page about reject numbers, written from the code that refuses."""

from typing import Final

from outcry.runtime.envelope import FAMILIES, family, http_status
from outcry_wire.rejects import Reject
from outcry_wire.sentences import SENTENCES


BANDS: Final = {
    1: "The request itself",
    2: "Who asks",
    3: "What is named does not exist",
    4: "Terms of an order",
    5: "Money and tokens",
    6: "Lifecycle",
    7: "Sequencer and capacity",
    8: "The book",
}

HEAD: Final = """\
# Rejects

Written by `tools/write_reference.py` from `outcry_wire/rejects.py`, its sentences and
`outcry/runtime/envelope.py`.

A request that is declined changed nothing. It is answered with a number that is the same on HTTP,
TCP, gRPC and both feeds; a number is never reused and never gets another meaning. Over HTTP the
answer is

```json
{"code": 2003, "msg": "<the sentence>", "data": {"reject": 405, "name": "PRICE_OFF_GRID",
 "got": "0.5550", "expected": "a multiple of 0.0100"}}
```

`got` and `expected` are there where they say more than the sentence; `retry_after_ms` says when to
come back; `order_id` and `n` are there when an order was numbered and the book declined it. `code`
is the family that clients of such exchanges know:

"""


def reference() -> str:
    """Return the page."""
    lines = [HEAD, "| code | family |\n|---|---|\n"]
    lines += [f"| {code} | {words} |\n" for code, words in FAMILIES.items()]
    for band, title in BANDS.items():
        lines.append(f"\n## {band}00 – {title}\n\n")
        lines.append("| reject | name | HTTP | code | sentence |\n|---|---|---|---|---|\n")
        lines += [_line(reject) for reject in Reject if reject // 100 == band]
    return "".join(lines)


def _line(reject: Reject) -> str:
    columns = (reject.value, f"`{reject.name}`", http_status(reject), family(reject))
    return f"| {' | '.join(str(column) for column in columns)} | {SENTENCES[reject]} |\n"
