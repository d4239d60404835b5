"""Writing hours as people write them, checked with the words of the form and of the API."""

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models.account import Hours
from campaigns.sender.hours import DAY_KINDS, WritingHours

LABELS: dict[str, str | Promise] = {
    "weekday": _("Monday to Friday"),
    "saturday": _("Saturday"),
    "holiday_eve": _("Eve of a holiday"),
    "sunday": _("Sunday"),
    "holiday": _("Holiday"),
}


def check_hours(value: object) -> Hours:
    """Return `value` as it is kept: kind of day → `["10:00", "19:30"]`, or None for closed.

    :raises ValidationError: it is not of that shape, or closes before it opens.
    """
    if not isinstance(value, dict):
        raise ValidationError(_("Write the hours of each kind of day."))
    for hours in value.values():
        if hours is not None and not _is_pair(hours):
            raise ValidationError(_("Hours are an opening and a closing time, or nothing."))
    try:
        WritingHours.parse(value)
    except ValueError as error:
        raise ValidationError(
            _("These hours cannot be used (%(why)s). Write them like 10:00 and 19:30."),
            params={"why": str(error)},
        ) from error
    return {kind: value[kind] for kind in DAY_KINDS}


def _is_pair(hours: object) -> bool:
    return (
        isinstance(hours, list)
        and len(hours) == 2
        and all(isinstance(moment, str) for moment in hours)
    )
