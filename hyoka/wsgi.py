"""What gunicorn loads (``hyoka.wsgi:app``): the web over a core whose doorbell is Celery."""

from __future__ import annotations

from tasks.app import make_celery
from tasks.doorbell import CeleryDoorbell
from web import create_app
from workflow import log
from workflow.application import Application
from workflow.settings_at_start import read_or_end

settings = read_or_end()
log.configure(settings.log_format)
app = create_app(Application(settings, doorbell=CeleryDoorbell(make_celery(settings))))
