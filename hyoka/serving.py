"""How gunicorn serves the web: ``gunicorn --config python:hyoka.serving``, read once at start.

The names below are gunicorn's settings. More processes: ``WEB_CONCURRENCY`` or ``--workers``.
"""

from __future__ import annotations

import os

from hyoka.front import BufferingWorker
from workflow.settings_at_start import read_or_end

wsgi_app = "hyoka.wsgi:app"
bind = [read_or_end().listen]
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
worker_class = BufferingWorker
#: Seconds that an ending process goes on for those whom it is answering.
graceful_timeout = 8
# Else gunicorn makes a socket for its own control in the HOME of whoever runs it.
control_socket_disable = True
