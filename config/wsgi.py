"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

from config import gate
from config.celery import app
from config.memory import keep_loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Loaded before the processes fork: the first delivery's wake-up would otherwise hold up those beside it.
app.connection_for_write().get_transport_cls()
keep_loaded()
# Loaded; under the supervisor nobody is served before the database is prepared.
gate.wait()
