"""The rules that every request goes through, interpreted: what anybody can read and step through.

A ledger whose dicts are not plain ones, as that of `outcry.domain.ledger.trial`, is for these
alone: compiled rules look into dicts directly.
"""

from outcry.domain.ledger.checks import check_place
from outcry.domain.ledger.laws import check_entry
from outcry.runtime.fold_commands import apply_command, apply_commands
from outcry.runtime.fold_facts import apply_fact, apply_facts


__all__ = [
    "apply_command",
    "apply_commands",
    "apply_fact",
    "apply_facts",
    "check_entry",
    "check_place",
]
