"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

from config import gate

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Loaded; under the supervisor nobody is served before the database is prepared.
gate.wait()
