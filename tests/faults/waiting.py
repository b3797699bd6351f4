"""Waiting for something to become true, and saying what did not."""

from __future__ import annotations

import time
from collections.abc import Callable


class Late(AssertionError):
    """It did not come to that in time."""


def until(condition: Callable[[], object], seconds: float, what: str) -> float:
    """Look until *condition* holds; returns how many seconds that took.

    Raises:
        Late: it did not, within *seconds*.
    """
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise Late(f"after {seconds:.0f} s not yet: {what}")
        time.sleep(0.02)
    return time.monotonic() - begun
