"""Why an approved campaign was not launched, in words."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LAUNCH: Final[Mapping[str, Promise]] = {
    "no_segment": _("Choose a segment."),
    "audience_moved": _(
        "{approved} recipients were approved, now they are {found}: more than 10 % away. "
        "Bring it back to draft and have it approved again."
    ),
    "freeze_failed": _(
        "The audience could not be frozen: nothing was queued. Try again in a minute."
    ),
    "no_worker": _(
        "The background workers cannot be reached: nothing was queued. Try again in a minute."
    ),
}
