"""What would help a campaign to end sooner, in words."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What would bring the end of a campaign to the day of its start, or why nothing would.
HELP: Final[Mapping[str, Promise]] = {
    "help_no_spread": _("Without the spread over hours it would, at {until}."),
    "help_start_earlier": _("Started at {at} it would, at {until}."),
    "help_start_later": _("Started on {at} it would finish the same day, at {until}."),
    "help_raise_limit": _("With a limit of {per_minute} a minute it would, at {until}."),
    "help_automation": _(
        "Sent by an automation of Spoki ({per_minute} a minute) it would, at {until}."
    ),
    "help_tier": _(
        "The people allowed in 24 hours ({limit}) decide: it takes at least {days} days, whatever the "
        "limit a minute."
    ),
    "help_hours": _("Hours, spread or first share decide: a higher limit a minute does not help."),
    "help_quality": _("The number's quality stops marketing: no limit helps before it rises."),
    "help_resume_account": _("Sending is stopped for the whole account: resume it first."),
}
