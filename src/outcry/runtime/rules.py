"""The rules that every request goes through, as this process has them: see `rules_twin`."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from outcry.runtime.plain_rules import (
        apply_command,
        apply_commands,
        apply_fact,
        apply_facts,
        check_entry,
        check_place,
    )
else:
    from outcry.runtime.rules_twin import load

    _rules = load()
    apply_command, apply_commands = _rules.apply_command, _rules.apply_commands
    apply_fact, apply_facts = _rules.apply_fact, _rules.apply_facts
    check_entry, check_place = _rules.check_entry, _rules.check_place

__all__ = [
    "apply_command",
    "apply_commands",
    "apply_fact",
    "apply_facts",
    "check_entry",
    "check_place",
]
