"""The template picker: a card per version, those that may not be sent greyed with the reason."""

from typing import Any

from django import forms
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.utils import timezone

from templates_sync.models import Template, TemplateVersion
from templates_sync.sendable import reasons_not_sendable

# How a status looks; the word beside it says the same without colour.
TONES = {"approved": "good", "pending": "warn", "paused": "warn", "rejected": "bad"}


class TemplateCards(forms.RadioSelect):
    """Radio buttons drawn as cards; a card that may not be chosen says why."""

    template_name = "campaigns/admin/parts/template_cards.html"

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        version = getattr(value, "instance", None)
        if version is not None:
            reasons = reasons_not_sendable(version, now=timezone.now())
            option |= {"version": version, "reasons": reasons, "tone": tone_of(version)}
            if reasons and not option["selected"]:
                option["attrs"]["disabled"] = True
        return option


class TemplateField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic in the stubs alone
    """Today's version of each template, and the one chosen before, that one first, then approved ones."""

    def __init__(self, **kwargs: Any) -> None:
        queryset = TemplateVersion.objects.select_related("template")
        super().__init__(queryset, widget=TemplateCards, empty_label=None, **kwargs)

    def offer(self, chosen: int | None) -> None:
        """Limit the choice to what is current, plus the version `chosen` before."""
        current = TemplateVersion.objects.current().values("pk")
        versions = TemplateVersion.objects.select_related("template").filter(
            Q(pk__in=current) | Q(pk=chosen)
        )
        self.queryset = _chosen_first(versions, chosen)


def begin_with(form: forms.ModelForm, field: TemplateField) -> None:  # type: ignore[type-arg]
    """Show the rows of the template that the link to a new campaign or flow has named."""
    wanted = str(form.initial.get("template_version") or "")
    if form.is_bound or form.instance.pk is not None or not wanted.isdecimal():
        return
    assert field.queryset is not None  # noqa: S101 - narrows the type
    version = field.queryset.filter(pk=int(wanted)).first()
    if version is not None:
        form.instance.template_version = version
        field.offer(version.pk)


def tone_of(version: TemplateVersion) -> str:
    """Return the colour of a status: good, warn, bad or plain."""
    return TONES.get(version.status, "plain")


def _chosen_first(
    versions: QuerySet[TemplateVersion], chosen: int | None
) -> QuerySet[TemplateVersion]:
    """Order them so that the one chosen is seen without scrolling, then those that can be chosen.

    `has_twin`: another template has this name, which is not unique at Spoki.
    """
    twins = Template.objects.filter(
        name=OuterRef("template__name"), language=OuterRef("template__language"), gone_at=None
    ).exclude(pk=OuterRef("template"))
    place = Case(
        When(pk=chosen, then=0),
        When(status=TemplateVersion.Status.APPROVED, then=1),
        default=2,
    )
    ordered = versions.order_by(place, "template__name", "template__language", "number")
    return ordered.annotate(has_twin=Exists(twins))
