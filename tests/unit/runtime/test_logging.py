"""Log lines are whole, name their service, and carry no secrets."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from outcry.runtime.config import Log
from outcry.runtime.logging import configure, get_logger


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Return what the log writes, as JSON; the process logs as before afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    configure(Log(format="json", level="info"), "core", stream)
    yield stream
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def test_a_line_is_json_with_its_head_first(written: io.StringIO) -> None:
    """Time, level, service and event begin the line; values keep their types."""
    get_logger(shard=1).info("started", orders=3)

    line = json.loads(written.getvalue())
    assert list(line)[:4] == ["timestamp", "level", "service", "event"]
    expected = {"level": "info", "service": "core", "event": "started", "shard": 1, "orders": 3}
    assert expected.items() <= line.items()


def test_addresses_that_are_asked_stay_out_of_the_log(written: io.StringIO) -> None:
    """A library that tells each request at `info` is not heard: its address may bear a key."""
    logging.getLogger("httpx").info("HTTP Request: POST http://node.test/key-of-ours")

    assert written.getvalue() == ""


def test_lines_of_libraries_look_the_same(written: io.StringIO) -> None:
    """The standard library's logging ends in the same stream and form."""
    logging.getLogger("uvicorn.error").warning("port %d", 8000)

    line = json.loads(written.getvalue())
    assert (line["level"], line["service"], line["event"]) == ("warning", "core", "port 8000")


def test_what_is_below_the_level_is_not_written(written: io.StringIO) -> None:
    """Debug lines cost nothing and say nothing at level info."""
    get_logger().debug("detail")
    logging.getLogger("asyncio").debug("detail")

    assert written.getvalue() == ""


def test_secrets_are_hidden(written: io.StringIO) -> None:
    """Secret fields, passwords in addresses, also in exceptions, are replaced; token ids stay."""
    try:
        raise ConnectionError("redis://u:s3cret@h/0 refused")
    except ConnectionError:
        get_logger().exception(
            "failed",
            api_secret="s3cret",
            Authorization="s3cret",
            dsn="postgresql://u:s3cret@h/x",
            token_id="77",
        )

    text = written.getvalue()
    assert "s3cret" not in text
    assert json.loads(text)["token_id"] == "77"


def test_tracebacks_show_no_local_variables(written: io.StringIO) -> None:
    """A local variable may be a secret; the traceback names lines only."""

    def fail(mantra: str) -> None:
        raise ValueError(len(mantra))

    try:
        fail("open sesame")
    except ValueError:
        get_logger().exception("failed")

    line = json.loads(written.getvalue())
    assert "ValueError: 11" in line["exception"]
    assert line["exception"].count("open sesame") == 1, "only the source line of the call"
