"""Does the template speak the language of its recipients? Meta never falls back to another one."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Count

from campaigns.definition import Definition, reachable
from campaigns.refusals import Blocker
from templates_sync.models import TemplateVersion
from templates_sync.sendable import reasons_not_sendable


def people_by_language(definition: Definition, *, now: datetime) -> dict[str, int]:
    """Count those of the segment who may be written to by language, whoever is left out included."""
    if definition.version is None:
        return {}
    people = reachable(definition.version, now=now)
    rows = people.order_by().values_list("language").annotate(people=Count("pk"))
    counted: dict[str, int] = {}
    for language, count in rows:
        counted[_base(language)] = counted.get(_base(language), 0) + count
    return counted


def others_than(version: TemplateVersion, people: Mapping[str, int]) -> int:
    """Return how many expect another language than the template's."""
    return sum(people.values()) - people.get(_base(version.template.language), 0)


def language_blockers(
    version: TemplateVersion | None, people: Mapping[str, int], *, now: datetime
) -> list[Blocker]:
    """Return that nobody expects the language of the template, if so."""
    if version is None or not people or _base(version.template.language) in people:
        return []
    expected = max(people, key=lambda language: (people[language], language))
    return [
        Blocker("wrong_language", "template_version", reason.text)
        for reason in reasons_not_sendable(version, now=now, language=expected)
        if reason.code == "wrong_language"
    ]


def _base(language: str) -> str:
    """Return `en` of `en_US`: regions of one language understand each other."""
    return language.lower().replace("-", "_").partition("_")[0]
