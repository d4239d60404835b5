"""The database by its address; without an address, the embedded one."""

from pathlib import Path
from typing import Any

import environ

from config import embedded

# Not a real name: with a malformed address nothing may connect by chance; the check says what to do.
MALFORMED = {"ENGINE": "django.db.backends.postgresql", "NAME": "malformed-DATABASE_URL"}


def database(url: str, var: Path) -> dict[str, Any]:
    """Return the entry of DATABASES for `url`, or for the embedded service of the folder `var`.

    Starts nothing and never fails: a malformed address is reported by the checks.
    """
    if not url:
        return embedded.Postgres(var).django_database()
    try:
        entry = dict(environ.Env.db_url_config(url))
    except (environ.ImproperlyConfigured, ValueError, KeyError):
        return MALFORMED
    is_postgres = str(entry.get("ENGINE", "")).endswith("postgresql")
    return entry if is_postgres and entry.get("NAME") else MALFORMED
