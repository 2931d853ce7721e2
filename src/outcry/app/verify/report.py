"""What a verification looked at, and what it found."""

from dataclasses import dataclass, field


#: Findings beyond this many are counted, not kept: the first ones tell the story.
FINDINGS_MAX = 100


@dataclass
class Report:
    """Clean when nothing was found."""

    entries: int = 0
    head: int = 0
    records: int = 0
    commands: int = 0
    facts: int = 0
    #: Rows of the log's index, each of which was compared with its entry.
    spans: int = 0
    fills: int = 0
    orders_open: int = 0
    accounts: int = 0
    markets: int = 0
    #: Entry for which the tables were compared, -1 when they were not asked for.
    tables_at: int = -1
    table_rows: int = 0
    #: The checkpoint for which running engines hashed their books, 0 when none was asked for.
    checkpoint: int = 0
    #: The block at which amounts were compared with the contracts, -1 when they were not.
    chain_block: int = -1
    chain_amounts: int = 0
    seconds: float = 0.0
    findings: list[str] = field(default_factory=list)
    findings_count: int = 0

    @property
    def clean(self) -> bool:
        """Whether everything agrees."""
        return not self.findings_count

    def find(self, finding: str) -> None:
        """Take note of something that does not agree."""
        self.findings_count += 1
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(finding)

    def lines(self) -> list[str]:
        """Return the report as text for a person."""
        log = (
            f"log       {self.entries} entries up to {self.head}: {self.commands} commands,"
            f" {self.facts} facts, {self.records} ledger records"
        )
        ledger = (
            f"ledger    {self.accounts} accounts, {self.markets} markets, {self.fills} fills,"
            f" {self.orders_open} open orders"
        )
        told = [log, ledger, "kernel    replayed, every fact compared, every book compared"]
        if self.checkpoint:
            told.append(f"engines   hashed their books for checkpoint {self.checkpoint}")
        if self.tables_at >= 0:
            told.append(f"tables    {self.table_rows} rows compared at entry {self.tables_at}")
        if self.chain_block >= 0:
            told.append(
                f"chain     {self.chain_amounts} amounts compared at block {self.chain_block}"
            )
        told += [f"FINDING   {finding}" for finding in self.findings]
        if self.findings_count > len(self.findings):
            told.append(f"          and {self.findings_count - len(self.findings)} more")
        verdict = "clean" if self.clean else f"{self.findings_count} findings"
        return [*told, f"verdict   {verdict} ({self.seconds:.1f} s)"]
