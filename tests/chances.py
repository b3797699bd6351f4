"""Where tests that draw chances begin: at the same seed in each run, unless another is named."""

from __future__ import annotations

import os

#: ``HYOKA_TEST_SEED`` repeats a run of ``make chances``, whose failures print it.
SEED = int(os.environ.get("HYOKA_TEST_SEED", "2021"))
