"""Which release this process runs: said by web and workers, so that a difference is seen."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version


@cache
def release() -> str:
    """The version of hyoka."""
    return version("hyoka")


def python() -> str:
    """The version of the interpreter."""
    return platform.python_version()
