"""History: the ledger log as tables for reading, written behind it and never ahead."""
