"""Failures in words: what an operator reads when a process ends."""

import pytest

from outcry.app.failures import FAILED, NEEDS_OPERATOR, WRONG, explain, first_leaf
from outcry.domain.errors import CorruptError, InvariantError
from outcry.ports.ledger_log import CommitUnknown, LogUnavailable, Stale
from outcry.runtime.config import ConfigError
from outcry.runtime.publish import Ahead


@pytest.mark.parametrize(
    ("error", "code", "word"),
    [
        (CommitUnknown("entry 7"), FAILED, "client_order_id"),
        (Stale("entry 7"), FAILED, "stands by"),
        (InvariantError("sum"), FAILED, "outcry verify"),
        (LogUnavailable("gone"), FAILED, "postgres.dsn"),
        (Ahead("facts:0", 9, 7), NEEDS_OPERATOR, "recover --accept-loss"),
        (CorruptError("crc"), NEEDS_OPERATOR, "backup"),
        (ConfigError("http.port"), WRONG, ""),
    ],
)
def test_each_failure_says_what_to_do(error: Exception, code: int, word: str) -> None:
    """The exit code says whether starting again can help, the advice what an operator does."""
    failure = explain(error)
    assert failure is not None
    assert failure.code == code
    assert failure.sentence == str(error)
    assert word in failure.advice


def test_a_bug_is_not_explained_away() -> None:
    """What nobody raised on purpose keeps its traceback."""
    assert explain(KeyError("seq")) is None


def test_the_failure_of_a_group_is_its_first_one() -> None:
    """Groups of tasks wrap what made them fail; the operator reads the inside."""
    inner = Stale("entry 7")
    assert first_leaf(ExceptionGroup("tasks", [ExceptionGroup("more", [inner])])) is inner
