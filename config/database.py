"""The database by its address; without an address, the embedded one."""

from pathlib import Path
from typing import Any

import environ

from config import embedded

SCHEMES = {"postgres", "postgresql", "psql", "pgsql"}
# Not a real name: with a malformed address nothing may connect by chance; the check says what to do.
MALFORMED = {"ENGINE": "django.db.backends.postgresql", "NAME": "malformed-DATABASE_URL"}


def database(url: str, var: Path) -> dict[str, Any]:
    """Return the entry of DATABASES for `url`, or for the embedded service of the folder `var`.

    Starts nothing and never fails: a malformed address is reported by the checks.
    """
    if not url:
        return embedded.Postgres(var).django_database()
    if url.partition("://")[0] not in SCHEMES:
        return MALFORMED
    try:
        entry = dict(environ.Env.db_url_config(url))
    except (environ.ImproperlyConfigured, ValueError):
        return MALFORMED
    return entry if entry.get("NAME") else MALFORMED
