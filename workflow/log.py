"""Structured log lines: JSON for machines, plain for people; never a secret in them.

What must not be logged is not bound in the first place; as a second net, values under telling
names are blanked.
"""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_NAMES = ("password", "token", "secret", "cookie", "authorization", "csrf")


def _blank_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name in event:
        if any(part in name.casefold() for part in _SECRET_NAMES):
            event[name] = "***"
    return event


def configure(log_format: str = "json") -> None:
    """Set up structlog for this process; the standard library's loggers keep their own form."""
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
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )
