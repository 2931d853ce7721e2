"""Everything that is sent or stored: commands, facts, ledger records, entries, streams."""
