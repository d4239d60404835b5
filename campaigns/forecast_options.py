"""The options of `manage.py forecast`, read with a sentence for whatever makes no sense."""

from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from campaigns.figures import number

HOME = "Europe/Rome"
MOST_PEOPLE = 5_000_000


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers in that range."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text[:12]) <= most:
            raise ArgumentTypeError(
                _("write a whole number from %(least)s to %(most)s")
                % {"least": number(least), "most": number(most)}
            )
        return int(text)

    return read


def hours(text: str) -> float:
    """Return hours from 0 to a week."""
    return _fraction(text, 168, _("write hours from 0 to 168"))


def per_minute(text: str) -> float:
    """Return how many order messages to expect in a minute."""
    return _fraction(text, 10_000, _("write a number from 0 to 10000"))


def share(text: str) -> float:
    """Return a share from 0 to 0.5."""
    return _fraction(text, 0.5, _("write a share from 0 to 0.5"))


def moment(text: str) -> datetime:
    """Return the moment, Italian time where nothing else is said."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise ArgumentTypeError(_("write a moment such as 2026-11-23 09:00"))
    return found if timezone.is_aware(found) else found.replace(tzinfo=ZoneInfo(HOME))


def zone_share(text: str) -> tuple[str, int]:
    """Return the time zone and its people of `Europe/Lisbon=5000`."""
    name, _sign, people = text.partition("=")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ArgumentTypeError(
            _("write a time zone and its people such as Europe/Lisbon=5000")
        ) from error
    return name, whole(1, MOST_PEOPLE)(people)


class Contradiction(Exception):
    """Two options do not go together; says why in the reader's language."""


def people_by_zone(recipients: int | None, shares: Sequence[tuple[str, int]]) -> Mapping[str, int]:
    """Return who lives where; whoever is in no zone that was named lives in Italy.

    :raises Contradiction: nobody is named, or more people by zone than in all.
    """
    people: dict[str, int] = {}
    for name, count in shares:
        people[name] = people.get(name, 0) + count
    named = sum(people.values())
    if recipients is None and not named:
        raise Contradiction(_("Say how many: --recipients 30000, or --recipients-in ZONE=PEOPLE."))
    rest = 0 if recipients is None else recipients - named
    if rest < 0:
        raise Contradiction(
            _("--recipients-in names %(named)s people, more than the %(all)s of --recipients.")
            % {"named": number(named), "all": number(recipients or 0)}
        )
    if rest:
        people[HOME] = people.get(HOME, 0) + rest
    return people


def _fraction(text: str, most: float, sentence: str) -> float:
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        found = -1.0
    if not 0 <= found <= most:
        raise ArgumentTypeError(sentence)
    return found
