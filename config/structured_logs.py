"""The formatter of every line: structlog's events and plain logging alike, redacted."""

import logging
from typing import Any

import structlog

from config.logs import redact, secrets_in_force

SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Renders lines of structlog and of plain logging alike, tracebacks included, then redacts."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record), secrets_in_force())


def redacting_formatter(*, as_json: bool) -> logging.Formatter:
    """Return the formatter, as JSON or as lines for a person; structlog's events pass through it."""
    configure_structlog()
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    last = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    if as_json:
        last.insert(1, structlog.processors.format_exc_info)
    return RedactingFormatter(processors=last, foreign_pre_chain=SHARED_PROCESSORS)


def configure_structlog() -> None:
    """Send structlog's events through `logging`, so that one formatter sees them all."""
    structlog.configure(
        processors=[
            *SHARED_PROCESSORS,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
