"""Read by each Python process that ``bin/as-if`` starts, before all else.

libfaketime takes the moment until which ``clock_nanosleep`` waits for one of the time that it
pretends, even where the monotonic clock is left alone; ``select`` waits by a length of time.
"""

import select
import time


def _sleep(seconds: float) -> None:
    select.select((), (), (), seconds)


time.sleep = _sleep
