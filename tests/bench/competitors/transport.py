"""The request that everybody sends: ours, as bytes, by a `requests.Session` per thread."""

import os
import threading

import requests

_local = threading.local()
_HEADERS = {"X-Spoki-Api-Key": "test-key"}


def post(key: str, phone: str, first_name: str) -> str:
    """Send the greeting to one phone; return the identifier of the answer."""
    body = {
        "type": "Template",
        "phone": phone,
        "template": 1008,
        "language": "IT",
        "custom_fields": {"FIRST_NAME": first_name},
        "metadata": {"msg": key},
    }
    url = f"{os.environ['SPOKI_BASE_URL']}/api/1/messages/send/"
    answer = _session().post(url, json=body, headers=_HEADERS, timeout=(10, 20))
    answer.raise_for_status()
    return str(answer.json()["uuid"])


def _session() -> requests.Session:
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = _local.session = requests.Session()
        session.trust_env = False
    return session
