"""Why somebody who is in a segment is not written to: one reason per person, the first that holds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Q, TextField, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from audiences.consent import consent_column
from audiences.models import ConsentState

MISSING_VALUE = "missing_value"
VALUE_TOO_LONG = "value_too_long"
EXCLUDED_SEGMENT = "excluded_segment"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A reason of a higher floor, such as the frequency cap: `q(now)` are the contacts left out, never NULL."""

    key: str
    label: str | Promise
    q: Callable[[datetime], Q]


_LABELS: dict[str, str | Promise] = {
    "no_phone": gettext_lazy("without a phone"),
    "landline": gettext_lazy("with a landline"),
    "invalid_phone": gettext_lazy("whose number is not on WhatsApp"),
    "blocked": gettext_lazy("blocked"),
    "withdrawn": gettext_lazy("unsubscribed"),
    "no_consent": gettext_lazy("without consent"),
    EXCLUDED_SEGMENT: gettext_lazy("in an excluded segment"),
    MISSING_VALUE: gettext_lazy("with a value missing in the message"),
    VALUE_TOO_LONG: gettext_lazy("with a value too long for the message"),
}

_REGISTERED: dict[str, Exclusion] = {}


def register(exclusion: Exclusion) -> None:
    """Add a reason to leave people out; called from `AppConfig.ready`. A key again replaces it."""
    _REGISTERED[exclusion.key] = exclusion


def label(key: str) -> str:
    """The reason in words that follow a number: “12 without consent”."""
    if key in _REGISTERED:
        return str(_REGISTERED[key].label)
    return str(_LABELS.get(key, key))


def reason_expression(*, purpose: str, excluded: Iterable[Q], now: datetime) -> Case:
    """The reason a contact is left out, "" if none (values are judged later)."""
    whens = [
        When(q, then=Value(key))
        for key, q in [*_standing(purpose), *_excluded(excluded), *_registered(now)]
    ]
    return Case(*whens, default=Value(""), output_field=TextField())


def _standing(purpose: str) -> Sequence[tuple[str, Q]]:
    consent = consent_column(purpose)
    return [
        ("no_phone", Q(phone__isnull=True)),
        ("landline", Q(can_receive_whatsapp=False)),
        ("invalid_phone", Q(has_invalid_phone=True)),
        ("blocked", Q(is_blocked=True)),
        ("withdrawn", Q(**{consent: ConsentState.WITHDRAWN})),
        ("no_consent", ~Q(**{consent: ConsentState.GIVEN})),
    ]


def _excluded(segments: Iterable[Q]) -> list[tuple[str, Q]]:
    return [(EXCLUDED_SEGMENT, q) for q in segments]


def _registered(now: datetime) -> list[tuple[str, Q]]:
    return [(known.key, known.q(now)) for known in _REGISTERED.values()]
