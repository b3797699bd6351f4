"""What ``celery -A tests.faults.threefold`` loads: every message three times, and again soon.

The worker of an installation, except that it publishes each message thrice and that Redis hands
out again whatever was not acknowledged within a second.
"""

from __future__ import annotations

from typing import Any

from tasks.entry import app

app.conf.broker_transport_options = {
    **app.conf.broker_transport_options,
    "visibility_timeout": 1,
    "unacked_restore_interval": 1,
}
_once = app.amqp.send_task_message


def _thrice(*words: Any, **others: Any) -> Any:
    for _ in range(2):
        _once(*words, **others)
    return _once(*words, **others)


app.amqp.__dict__["send_task_message"] = _thrice
