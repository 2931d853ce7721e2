"""What a process says about itself: one line an event, on standard error, for people or machines.

Lines of libraries that use the standard library's logging come out in the same form. A value whose
name says that it is secret is never written, nor the password inside a URL.
"""

import logging
import sys
from collections.abc import Callable
from typing import Any, Final, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

from outcry.runtime.config import Log
from outcry.runtime.config.describe import hide_passwords


HIDDEN = "***"
#: What a line in JSON begins with.
HEAD = ("timestamp", "level", "service", "event")
#: A field is secret if its name contains one of these.
SECRET_WORDS = ("authorization", "cookie", "password", "private", "secret", "signature", "token")
#: Names that contain such a word and are meant to be read.
PUBLIC_NAMES = frozenset({"token_id", "token_ids"})
#: Libraries that say at `info` what we say ourselves, or each address they ask, which may bear the
#: key of a node.
CHATTY: Final = ("uvicorn", "httpx", "httpcore")


def configure(settings: Log, service: str, stream: TextIO | None = None) -> None:
    """Set up logging for this process, whose every line carries ``service``."""
    target = stream or sys.stderr
    as_json = settings.format == "json" or (settings.format == "auto" and not target.isatty())
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    shared = _shared_processors(service)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(as_json=as_json, colors=target.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def get_logger(**values: object) -> FilteringBoundLogger:
    """Return a logger with *values* on each of its lines."""
    logger: FilteringBoundLogger = structlog.get_logger(**values)
    return logger


def _shared_processors(service: str) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _bind("service", service),
        # As text, never with the values of local variables: one of them may be secret.
        structlog.processors.format_exc_info,
        _hide_secrets,
    ]


def _renderers(*, as_json: bool, colors: bool) -> list[Processor]:
    if not as_json:
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)]
    return [_head_first, structlog.processors.JSONRenderer(serializer=_to_json)]


def _bind(name: str, value: str) -> Processor:
    def bind(_logger: object, _method: str, event: EventDict) -> EventDict:
        event.setdefault(name, value)
        return event

    return bind


def _hide_secrets(_logger: object, _method: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        if _is_secret(name):
            event[name] = HIDDEN
        elif isinstance(value, str):
            event[name] = hide_passwords(value)
    return event


def _head_first(_logger: object, _method: str, event: EventDict) -> EventDict:
    return {name: event.pop(name) for name in HEAD if name in event} | dict(event)


def _is_secret(name: str) -> bool:
    lower = name.lower()
    return lower not in PUBLIC_NAMES and any(word in lower for word in SECRET_WORDS)


def _to_json(event: object, default: Callable[[Any], Any], **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=default).decode()
