"""Log entries with real records in them, as small as they can be."""

from outcry.messages.commands import Tick, pack_command
from outcry.messages.entry import ENTRY_VERSION, Commands, Entry, Facts, Item, pack_entry
from outcry.messages.facts import Ticked, pack_fact
from outcry.ports.ledger_log import Span
from outcry_wire.records import LAST_OF_SEQ


def commands(first: int, last: int) -> bytes:
    """Return the records of commands *first* to *last*."""
    return b"".join(pack_command(Tick(0, seq, seq * 10, 0)) for seq in range(first, last + 1))


def facts(first: int, last: int) -> bytes:
    """Return the records of facts *first* to *last*."""
    return b"".join(
        pack_fact(Ticked(LAST_OF_SEQ, 0, seq, seq * 10, 0)) for seq in range(first, last + 1)
    )


def entry(*spans: Span) -> bytes:
    """Return an entry that holds what *spans* say, in that order."""
    items: list[Item] = [
        Commands(span.shard, commands(span.first_seq, span.last_seq), [])
        if span.kind == "c"
        else Facts(span.shard, facts(span.first_seq, span.last_seq))
        for span in spans
    ]
    return pack_entry(Entry(ENTRY_VERSION, 0, items, []))
