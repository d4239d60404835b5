"""Settings of the test suite: the application's own, with fast password hashing and its own database."""

import os

from config.settings import *  # noqa: F403
from config.settings import DATABASES, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Several suites may share one cluster: each names its own database.
DATABASES["default"]["TEST"] = {"NAME": f"test_{os.environ.get('TEST_DATABASE', 'house')}"}
SPOKI_API_KEY = "test-key"
SPOKI_BASE_URL = "http://127.0.0.1:9"
# No collected files, no lockout between tests; both have tests of their own that switch them on.
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
# A bare clone has no folder of collected files to look into, and must not miss it.
WHITENOISE_AUTOREFRESH = True
AXES_ENABLED = False
