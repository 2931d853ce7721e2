"""The open batch: what the next log entry will say, and whom its commit answers.

Items are kept in the order in which they were applied; neighbours of one kind and shard grow into
one run. Sealing turns the batch into bytes: memory moves on while the database writes them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.sessions import SessionKey
from outcry.domain.ledger.state import Ledger
from outcry.messages.entry import (
    ENTRY_VERSION,
    Commands,
    Decision,
    Entry,
    Facts,
    Item,
    Recorded,
    pack_entry,
)
from outcry.messages.ledger_records import LedgerRecord
from outcry.messages.session_records import SessionsAdvanced, SessionTook
from outcry.ports.ledger_log import Span
from outcry.runtime.rules_twin import twin_of
from outcry.services.asset.outputs import market_news, settlement_requests


if TYPE_CHECKING:
    from outcry.services.asset.events import user_batches
else:
    user_batches = twin_of("outcry.services.asset.events").user_batches


#: No run of commands is open.
NO_SHARD: Final = -1


class Sealed:
    """A batch that no longer changes. Without items there is nothing to commit, only to answer."""

    def __init__(
        self, n: int, at_us: int, entry: Entry | None, spans: list[Span], batch: "OpenBatch"
    ) -> None:
        self.n = n
        self.at_us = at_us
        self.entry = entry
        self.body = pack_entry(entry) if entry else b""
        self.spans = spans
        self._answers = batch.answers

    def answer(self) -> None:
        """Tell everybody who waited for this commit."""
        for answer in self._answers:
            answer()


class OpenBatch:
    """Everything applied to memory since the last seal."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.effects = Effects(postings=None)
        self.count = 0
        #: Called when the entry (or, without items, the one before it) is committed.
        self.answers: list[Callable[[], None]] = []
        self._items: list[Item] = []
        self._run: tuple[str, int] = ("", 0)
        #: The shard of the run, if it is one of commands, and its span: most commands go on there.
        self._commands_of = NO_SHARD
        self._commands_span = [0, 0]
        self._chunks: list[bytes] = []
        self._decisions: list[Decision] = []
        #: First and last seq by shard and kind.
        self._spans: dict[tuple[int, str], list[int]] = {}
        #: What sessions had taken, by account and number.
        self._took: dict[SessionKey, SessionTook] = {}

    @property
    def idle(self) -> bool:
        """Whether there is nothing to commit and nobody to answer."""
        return not self.count and not self.answers

    @property
    def covering_n(self) -> int:
        """The entry that says what memory holds now: with nothing in this one, the one before."""
        return self.n if self.count else self.n - 1

    def add_command(self, shard: int, seq: int, record: bytes, decision: Decision | None) -> None:
        """Add one numbered command."""
        if shard != self._commands_of:
            self._begin_commands(shard, seq)
        self._chunks.append(record)
        if decision is not None:
            self._decisions.append(decision)
        self._commands_span[1] = seq
        self.count += 1

    def add_facts(self, shard: int, first: int, last: int, body: bytes) -> None:
        """Add applied facts ``first..last``."""
        self._continue_run("f", shard)
        self._chunks.append(body)
        self._spans.setdefault((shard, "f"), [first, last])[1] = last
        self.count += 1

    def add_record(self, record: LedgerRecord, key_id: int = 0) -> None:
        """Add one ledger record, asked for by API key *key_id*."""
        self._close_run()
        self._items.append(Recorded(record, key_id))
        self.count += 1

    def add_taken(self, key: SessionKey, seq: int, left_out: tuple[tuple[int, int], ...]) -> None:
        """Note that a session's command was taken: one record for all of them ends the entry."""
        self.count += not self._took
        known = self._took.get(key)
        refused = (*known.refused, *left_out) if known else left_out
        self._took[key] = SessionTook(*key, seq, refused)

    def seal(self, ledger: Ledger) -> Sealed:
        """Return the batch as a log entry; *ledger* is the state right after its last item."""
        self._close_run()
        if self._took:
            took = SessionsAdvanced(ledger.time_us, 0, tuple(self._took.values()))
            self._items.append(Recorded(took))
        if not self._items:
            return Sealed(self.n, ledger.time_us, None, [], self)
        events = user_batches(ledger, self.effects, self.n)
        settlements = settlement_requests(ledger, self.effects)
        news = market_news(ledger, self.effects)
        entry = Entry(ENTRY_VERSION, ledger.time_us, self._items, events, settlements, news)
        spans = [Span(*key, first, last) for key, (first, last) in self._spans.items()]
        return Sealed(self.n, ledger.time_us, entry, spans, self)

    def _begin_commands(self, shard: int, seq: int) -> None:
        self._continue_run("c", shard)
        self._commands_of = shard
        self._commands_span = self._spans.setdefault((shard, "c"), [seq, seq])

    def _continue_run(self, kind: str, shard: int) -> None:
        if self._run != (kind, shard):
            self._close_run()
            self._run = (kind, shard)

    def _close_run(self) -> None:
        kind, shard = self._run
        if self._chunks:
            body = b"".join(self._chunks)
            if kind == "c":
                self._items.append(Commands(shard, body, self._decisions))
            else:
                self._items.append(Facts(shard, body))
        self._run, self._chunks, self._decisions = ("", 0), [], []
        self._commands_of = NO_SHARD
