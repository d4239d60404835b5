"""The same template in other languages: people are written to in their own, where Meta approved it.

A send names one language and Meta never falls back to another (error 132001), so what may be used
is settled when a flow is enabled, and whoever enables it sees it.
"""

from templates_sync.models import TemplateVersion


def translations_of(version: TemplateVersion | None) -> dict[str, int]:
    """Return language → id of the approved versions that say the same elsewhere, its own left out.

    The same are those of the same name that ask for the same variables and are of the same
    category.
    """
    if version is None:
        return {}
    template = version.template
    others = TemplateVersion.objects.filter(
        template__name=template.name,
        template__gone_at=None,
        superseded_at=None,
        status=TemplateVersion.Status.APPROVED,
        category=version.category,
    ).exclude(template=template.pk)
    found: dict[str, int] = {}
    for other in others.select_related("template").order_by("template__language", "-number"):
        language = base_of(other.template.language)
        if set(other.variables) == set(version.variables) and language != base_of(
            template.language
        ):
            found.setdefault(language, other.pk)
    return found


def base_of(language: str) -> str:
    """Return `en` of `en_US`: regions of one language understand each other."""
    return language.lower().replace("-", "_").partition("_")[0]
