"""The command `outcry engine`: matching over TCP without a ledger."""
