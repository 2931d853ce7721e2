"""Tests. A package, so that `tests.support` is ours whatever a library installs by that name."""
