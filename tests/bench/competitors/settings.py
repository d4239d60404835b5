"""Django for the two others: nothing but what they need, and what makes them fast."""

import os
from pathlib import Path

from config.database import database

SECRET_KEY = "bench"
USE_TZ = True
DEBUG = False
INSTALLED_APPS = ["django.contrib.contenttypes", "post_office", "tests.bench.competitors"]
DATABASES = {
    "default": database(os.environ["DATABASE_URL"], Path()) | {"CONN_MAX_AGE": 600},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
EMAIL_BACKEND = "post_office.EmailBackend"
POST_OFFICE = {
    "BACKENDS": {"default": "tests.bench.competitors.mail.StubBackend"},
    # Its best: the default of 100 builds a new pool and new sessions for every hundred.
    "BATCH_SIZE": 1000,
}
