"""Structured log lines: JSON for machines, plain for people; never a secret in them.

What must not be logged is not bound in the first place; as a second net, values under telling
names are blanked.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

_SECRET_NAMES = ("password", "token", "secret", "cookie", "authorization", "csrf")


def _blank_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name in event:
        if any(part in name.casefold() for part in _SECRET_NAMES):
            event[name] = "***"
    return event


class _StandardError:
    """Standard error as it is when a line is written, which a test may have replaced since."""

    def write(self, text: str) -> int:
        """Write to it."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Flush it."""
        sys.stderr.flush()


def configure(log_format: str = "json", *, to_standard_error: bool = False) -> None:
    """Set up structlog for this process; the standard library's loggers keep their own form.

    Args:
        to_standard_error: for commands, whose standard output is what they found.
    """
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _blank_secrets,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(
            cast(TextIO, _StandardError()) if to_standard_error else None
        ),
        # Loggers that are kept would not hear of a later configuration (a test that listens).
        cache_logger_on_first_use=False,
    )
