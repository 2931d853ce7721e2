"""The ledger and the sequencer: the only writer of money and the only clock that counts."""
