"""Where tests that draw chances begin: at the same seed in each run, unless one is named."""

from __future__ import annotations

import os

_NAMED = os.environ.get("HYOKA_TEST_SEED")

#: Whether this run draws chances of its own (``make chances``).
DRAWN = _NAMED is not None
SEED = int(_NAMED or 2021)
