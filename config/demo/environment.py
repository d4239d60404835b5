"""The environment the demo runs in, decided before the settings are read."""

import secrets
from collections.abc import Mapping

from config.ports import free_port

SIMULATOR_PORT = 8090


def demo_environment() -> Mapping[str, str]:
    """Return what the demo sets, over whatever was set: it never talks to a real account.

    The secrets last as long as the demo runs: the simulator and the application share them.
    """
    address = f"http://127.0.0.1:{free_port(SIMULATOR_PORT)}"
    return {
        "DEMO_MODE": "true",
        "DEBUG": "false",
        "ALLOWED_HOSTS": "*",
        "SPOKI_BASE_URL": address,
        "SPOKI_API_KEY": "demo-" + secrets.token_hex(16),
        "SPOKI_WEBHOOK_SECRETS": secrets.token_urlsafe(32),
        "SPOKI_HISTORY_PATH": "/api/1/messages/",
        "SEND_ALLOWLIST": "",
    }
