"""What every page says at its top while the house does not behave as in everyday work."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.banner import open_alerts
from config import demo_auth


def banners(request: HttpRequest) -> dict[str, Any]:
    """Return the sentences for the top of the page, and the demo's logins while it is the demo."""
    texts = []
    if settings.DEMO_MODE:
        texts.append(_("Demo: it writes at every hour of every day, to the simulator alone."))
    if count := len(settings.SEND_ALLOWLIST):
        texts.append(
            ngettext(
                "Test sending: only %(count)s phone is written to, nobody else.",
                "Test sending: only %(count)s phones are written to, nobody else.",
                count,
            )
            % {"count": count}
        )
    logins = demo_auth.described_users() if settings.DEMO_MODE else []
    return {
        "house_banners": texts,
        # Asked for only by pages that show them.
        "open_alerts": SimpleLazyObject(lambda: open_alerts(request.user, now=timezone.now())),
        "demo_logins": logins,
        "demo_password": demo_auth.PASSWORD if logins else "",
    }
