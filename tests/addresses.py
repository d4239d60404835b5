"""The test database's own address, for processes that a test starts."""

from urllib.parse import quote

from django.db import connection


def database_url(name: str | None = None) -> str:
    """Return DATABASE_URL of the database `name`, or of the one that this test uses."""
    settings = connection.settings_dict
    password = settings["PASSWORD"]
    login = quote(settings["USER"]) + (f":{quote(password)}" if password else "")
    host, port = str(settings["HOST"] or ""), settings["PORT"] or ""
    name = name or settings["NAME"]
    if host.startswith("/"):
        return f"postgresql://{login}@/{name}?host={quote(host, safe='')}"
    return f"postgresql://{login}@{host}{f':{port}' if port else ''}/{name}"
