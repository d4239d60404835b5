"""Where the outside world comes in: the clock is read and the client built, for every caller."""

from contextlib import closing

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from campaigns.account import refresh_account
from campaigns.models import SpokiAccount


def refresh_now() -> SpokiAccount:
    """Read the account with the configured gateway.

    :raises SpokiError, NoAccount: it could not be read; nothing was changed.
    """
    with closing(import_string(settings.SPOKI_GATEWAY)()) as gateway:
        return refresh_account(gateway=gateway, now=timezone.now())


def unreadable(error: Exception) -> str:
    """Say that the account could not be read, and that nothing was lost."""
    return _("The account could not be read from Spoki, nothing was changed: %(why)s.") % {
        "why": error
    }
