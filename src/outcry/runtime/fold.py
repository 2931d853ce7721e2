"""The fold: one log entry after the other, over the pure ledger core.

The writer of the log, a standby, the history and `verify` all run exactly this. Applying decides
nothing and checks no request; it asserts the laws of the ledger and raises `InvariantError` when
one is broken, or `CorruptError` when an item cannot be what our writer wrote.
"""

from outcry.domain.errors import CorruptError, InvariantError
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.retention import forget
from outcry.domain.ledger.state import Ledger
from outcry.messages import ledger_records as rec
from outcry.messages.commands import Command
from outcry.messages.entry import Commands, Decision, Entry, Facts, FoldedEntry, Item
from outcry.runtime import rules
from outcry.runtime.fold_records import RECORD_HANDLERS


class Fold:
    """A ledger and the loop body that applies entries to it."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        """Start from *ledger*, by default an empty one."""
        self.ledger = ledger or Ledger()

    def apply_entry(self, n: int, entry: Entry | FoldedEntry) -> Effects:
        """Apply log entry *n* as a whole and return what it changed."""
        self.begin(n)
        effects = Effects()
        for item in entry.items:
            self.apply_item(item, effects)
        self.ledger.time_us = entry.at_us
        rules.check_entry(self.ledger, effects)
        forget(self.ledger)
        for batch in entry.events:
            self.ledger.users[batch.user_id].last_n = n
        return effects

    def begin(self, n: int) -> None:
        """What is applied from now on belongs to entry *n*."""
        if n <= self.ledger.n:
            raise InvariantError(f"entry {n} after entry {self.ledger.n}")
        self.ledger.n = n

    def apply_item(self, item: Item, effects: Effects) -> None:
        """Apply one item of an entry."""
        if isinstance(item, Commands):
            rules.apply_commands(self.ledger, effects, item.shard, item.body, item.decisions)
        elif isinstance(item, Facts):
            rules.apply_facts(self.ledger, effects, item.shard, item.body)
        else:
            self.apply_record(item.record, effects)

    def apply_command(
        self, number: int, command: Command, decision: Decision | None, effects: Effects
    ) -> None:
        """Take note that *command* was numbered on shard *number*."""
        rules.apply_command(self.ledger, effects, number, command, decision)

    def apply_facts(self, number: int, body: bytes, effects: Effects) -> None:
        """Apply the facts in *body* to shard *number*."""
        rules.apply_facts(self.ledger, effects, number, body)

    def apply_record(self, record: rec.LedgerRecord, effects: Effects) -> None:
        """Apply one ledger record."""
        handler = RECORD_HANDLERS.get(type(record))
        if handler is None:
            raise CorruptError(f"ledger record {type(record).__name__} has no meaning here")
        self.ledger.time_us = max(self.ledger.time_us, record.at_us)
        handler(self.ledger, effects, record)
