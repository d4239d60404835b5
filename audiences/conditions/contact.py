"""Conditions on the contact itself."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from audiences.conditions import periods
from audiences.conditions.registry import Condition, operator, register
from audiences.conditions.values import Choices, Kind, ValueField
from audiences.models import ConsentState, Contact
from audiences.provinces import province_code
from audiences.zones import known_zones

LANGUAGES: Choices = [
    ("it", pgettext_lazy("language of a contact", "Italian")),
    ("en", pgettext_lazy("language of a contact", "English")),
    ("de", pgettext_lazy("language of a contact", "German")),
    ("fr", pgettext_lazy("language of a contact", "French")),
    ("es", pgettext_lazy("language of a contact", "Spanish")),
    ("sl", pgettext_lazy("language of a contact", "Slovenian")),
    ("pt", pgettext_lazy("language of a contact", "Portuguese")),
    ("nl", pgettext_lazy("language of a contact", "Dutch")),
    ("ro", pgettext_lazy("language of a contact", "Romanian")),
]
SUGGESTIONS = 300
_NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")
_ANSWERS = {
    True: frozenset({"true", "yes", "sì", "si"}),
    False: frozenset({"false", "no"}),
}


def register_contact_conditions() -> None:
    for condition in _CONDITIONS:
        register(condition)


def _languages() -> Choices:
    return LANGUAGES


def _zones() -> Choices:
    return [(zone, zone) for zone in sorted(known_zones()) if "/" in zone]


def _one_of(column: str) -> Callable[[str, Any, datetime], Q]:
    """is, is_not and one_of on a text column that is never null."""

    def build(op: str, value: Any, now: datetime) -> Q:
        if op == "one_of":
            return Q(**{f"{column}__in": value})
        same = Q(**{column: value})
        return ~same if op == "is_not" else same

    return build


def _tag(op: str, value: str, now: datetime) -> Q:
    has = Q(tags__contains=[value])
    return ~has if op == "has_not" else has


def _living() -> QuerySet[Contact]:
    """Without those that were merged: they are in no segment, and keep what they had for ever."""
    return Contact.objects.filter(merged_into__isnull=True)


def _tag_vanished(value: str) -> str | None:
    if _living().filter(tags__contains=[value]).exists():
        return None
    return _("nobody has the tag “%(tag)s” (any more)") % {"tag": value}


def tags_in_use() -> list[str]:
    """Every tag somebody has, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT unnest(tags) AS tag FROM audiences_contact"
            " WHERE merged_into_id IS NULL ORDER BY tag LIMIT %s",
            [SUGGESTIONS],
        )
        return [row[0] for row in cursor.fetchall()]


def _attribute(op: str, value: Any, now: datetime) -> Q:
    if op in {"has", "has_not"}:
        known = Q(attributes__has_key=value)
        return ~known if op == "has_not" else known
    same = Q()
    for form in _json_forms(value["value"]):
        same |= Q(attributes__contains={value["name"]: form})
    return ~same if op == "is_not" else same


def _json_forms(text: str) -> Iterable[object]:
    """What the text may be in JSON: "12,5" is written by spreadsheets, 12.5 by systems; so with yes and no."""
    yield text
    if _NUMBER.fullmatch(text) and len(text) < 16:
        yield from {text.replace(",", "."), text.replace(".", ",")} - {text}
        yield float(text.replace(",", "."))
    for answer, words in _ANSWERS.items():
        if text.casefold() in words:
            yield answer
            yield from words - {text}


def _attribute_vanished(value: Any) -> str | None:
    name = value["name"] if isinstance(value, dict) else value
    if _living().filter(attributes__has_key=name).exists():
        return None
    return _("no contact has the attribute “%(name)s” (any more)") % {"name": name}


def attributes_in_use() -> list[str]:
    """Every attribute some contact has, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT jsonb_object_keys(attributes) AS name FROM audiences_contact"
            " WHERE merged_into_id IS NULL ORDER BY name LIMIT %s",
            [SUGGESTIONS],
        )
        return [row[0] for row in cursor.fetchall()]


def _opted_in(op: str, value: int, now: datetime) -> Q:
    return Q(
        marketing_consent=ConsentState.GIVEN,
        marketing_consent_at__gte=now - timedelta(days=value),
    )


def _opted_in_since(op: str, day: str, now: datetime) -> Q:
    """From the first moment of the day, where the shop is."""
    began = make_aware(datetime.combine(date.fromisoformat(day), time.min))
    return Q(marketing_consent=ConsentState.GIVEN, marketing_consent_at__gte=began)


def _consent_age(op: str, days: int, now: datetime) -> Q:
    """How long ago the consent that stands was given."""
    side = "lte" if op == "at_least" else "gte"
    return Q(
        marketing_consent=ConsentState.GIVEN,
        **{f"marketing_consent_at__{side}": now - timedelta(days=days)},
    )


def _consents() -> Choices:
    return ConsentState.choices


_LAST_DAYS = ValueField(
    kind=Kind.WHOLE, unit=gettext_lazy("days"), minimum=1, words=periods.in_the_last_days
)
_AGE = ValueField(kind=Kind.WHOLE, unit=gettext_lazy("days"), minimum=1, words=periods.days)
_IDENTITY = (operator("is"), operator("is_not"), operator("one_of"))
_PROVINCE = ValueField(kind=Kind.TEXT, reads=province_code)
_PROVINCES = ValueField(
    kind=Kind.LIST,
    reads=province_code,
    hint=gettext_lazy("codes or names, with commas between them"),
)
_ATTRIBUTE_NAME = ValueField(
    kind=Kind.TEXT, name="name", label=gettext_lazy("attribute"), suggestions=attributes_in_use
)

LANGUAGE = Condition(
    key="contact.language",
    label=gettext_lazy("Language"),
    operators=(operator("is"), operator("is_not")),
    fields=(ValueField(kind=Kind.CHOICE, choices=_languages),),
    build=_one_of("language"),
)
PROVINCE = Condition(
    key="contact.province",
    label=gettext_lazy("Province"),
    operators=_IDENTITY,
    fields=(_PROVINCE,),
    fields_by_operator={"one_of": (_PROVINCES,)},
    build=_one_of("province"),
)
TIMEZONE = Condition(
    key="contact.timezone",
    label=gettext_lazy("Time zone"),
    operators=(operator("is"), operator("is_not")),
    fields=(ValueField(kind=Kind.CHOICE, choices=_zones),),
    build=_one_of("timezone"),
)
TAG = Condition(
    key="contact.tag",
    label=gettext_lazy("Tag"),
    operators=(operator("has"), operator("has_not")),
    fields=(ValueField(kind=Kind.TEXT, suggestions=tags_in_use),),
    build=_tag,
    vanished=_tag_vanished,
)
ATTRIBUTE = Condition(
    key="contact.attribute",
    label=gettext_lazy("Attribute"),
    operators=(
        operator("is"),
        operator("is_not"),
        operator("has", gettext_lazy("is known")),
        operator("has_not", gettext_lazy("is not known")),
    ),
    fields=(
        _ATTRIBUTE_NAME,
        ValueField(kind=Kind.TEXT, name="value", label=gettext_lazy("value")),
    ),
    fields_by_operator={"has": (_ATTRIBUTE_NAME,), "has_not": (_ATTRIBUTE_NAME,)},
    template=gettext_lazy("Attribute %(name)s %(op)s %(value)s"),
    build=_attribute,
    vanished=_attribute_vanished,
)
OPTED_IN = Condition(
    key="contact.opted_in_within_days",
    label=gettext_lazy("Agreed to marketing"),
    operators=(operator("is", gettext_lazy("in the last")),),
    fields=(_LAST_DAYS,),
    build=_opted_in,
    template=gettext_lazy("Agreed to marketing %(value)s"),
)
OPTED_IN_SINCE = Condition(
    key="contact.opted_in_since",
    label=gettext_lazy("Agreed to marketing since a day"),
    operators=(operator("is", gettext_lazy("since the day")),),
    fields=(ValueField(kind=Kind.DATE),),
    template=gettext_lazy("Agreed to marketing on %(value)s or later"),
    build=_opted_in_since,
)
CONSENT = Condition(
    key="contact.marketing_consent",
    label=gettext_lazy("Marketing consent"),
    operators=(operator("is"), operator("is_not")),
    fields=(ValueField(kind=Kind.CHOICE, choices=_consents),),
    build=_one_of("marketing_consent"),
)
CONSENT_AGE = Condition(
    key="contact.consent_age_days",
    label=gettext_lazy("Age of the marketing consent"),
    operators=(operator("at_least"), operator("at_most")),
    fields=(_AGE,),
    build=_consent_age,
)

_CONDITIONS = (
    LANGUAGE,
    PROVINCE,
    TIMEZONE,
    TAG,
    ATTRIBUTE,
    OPTED_IN,
    OPTED_IN_SINCE,
    CONSENT,
    CONSENT_AGE,
)
