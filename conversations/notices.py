"""What people are told wherever they are about the way from Spoki to us."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns import reasons
from conversations.fetching import UNKNOWN_HOST
from conversations.outbound import UNKNOWN_STATUS
from conversations.registration import INACTIVE, MISSING, UNREAD
from conversations.silence import CODE as SILENT

WORDS: Final[Mapping[str, Promise]] = {
    SILENT: _(
        "Spoki has told nothing since {at}, and {count} messages left meanwhile: answers and STOPs may be lost. "
        "Look at System → Webhooks on Spoki."
    ),
    MISSING: _(
        "Spoki does not tell us of {events}: these webhooks are missing or lead elsewhere. Register them "
        "(register_webhooks)."
    ),
    INACTIVE: _(
        "Spoki has switched off the webhooks for {events}: nothing comes from them. Look at why deliveries "
        "failed, then switch them on again (register_webhooks --activate)."
    ),
    UNKNOWN_STATUS: _(
        "Spoki calls the status of a message “{word}”, which we do not know: such news moves nothing. Ask Spoki what "
        "it means."
    ),
    UNREAD: _("The webhooks on Spoki could not be looked at: is the API key valid?"),
    UNKNOWN_HOST: _(
        "Customers' pictures and documents lie on {host}, from where nothing is fetched: if it is Spoki's, "
        "add it to SPOKI_MEDIA_HOSTS."
    ),
}


def register_words() -> None:
    """Bring the words of these alerts; called when the application starts."""
    reasons.offer(WORDS)
