"""What ``celery -A tests.faults.hasty`` loads: the worker, with seconds as its time limits."""

from __future__ import annotations

from tasks.entry import app

SOFT, HARD = 3, 6

app.conf.update(task_soft_time_limit=SOFT, task_time_limit=HARD)
for task in app.tasks.values():
    task.soft_time_limit, task.time_limit = SOFT, HARD
