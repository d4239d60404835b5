"""Conditions on what a contact received from us and did with it, offered to segments."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from audiences import segment_usage
from audiences.conditions import Condition, Kind, ValueField, operator, periods, register
from audiences.conditions.values import Choices, Text
from audiences.models import Segment
from campaigns.models import Campaign, Lane, OutboundMessage
from campaigns.sender.guards import NEVER_REACHED

GROUP = gettext_lazy("Campaigns")
ANY = "any"
# A change of the segment would change what was handed in, approved or is being frozen right now.
BOUND = (Campaign.Status.IN_REVIEW, Campaign.Status.APPROVED, Campaign.Status.LAUNCHING)

_Status = OutboundMessage.Status
# A reply proves that the message arrived, a read that it was delivered, whatever Spoki told us of it.
_RECEIVED = Q(status__in=[_Status.DELIVERED, _Status.READ]) | Q(replied_at__isnull=False)
_READ = Q(status=_Status.READ) | Q(replied_at__isnull=False)
_REPLIED = Q(replied_at__isnull=False)


def register_campaign_conditions() -> None:
    for condition in _CONDITIONS:
        register(condition)
    segment_usage.register("campaigns", bound_campaigns)


def bound_campaigns(segment: Segment) -> list[str]:
    """Names of the campaigns somebody has handed in or approved with this segment, and not yet frozen."""
    uses = Q(segment=segment) | Q(exclude_segments=segment)
    found = Campaign.objects.filter(uses, status__in=BOUND).order_by("name", "pk").distinct()
    return list(found.values_list("name", flat=True))


def _launched() -> Choices:
    """Campaigns that have recipients, the newest first; a number, because names may be used twice."""
    launched = Campaign.objects.filter(launched_at__isnull=False).order_by("-launched_at", "-pk")
    any_campaign = (ANY, gettext_lazy("any campaign"))
    return [any_campaign, *((str(pk), name) for pk, name in launched.values_list("pk", "name"))]


class _OfCampaign:
    """Contacts with a message of the campaign that `happened`."""

    def __init__(self, happened: Q) -> None:
        self.happened = happened

    def __call__(self, op: str, value: str, now: datetime) -> Q:
        found = Q(Exists(_messages(value).filter(self.happened, contact=OuterRef("pk"))))
        return ~found if op == "is_not" else found


def _messages(campaign: str) -> QuerySet[OutboundMessage]:
    if campaign == ANY:
        return OutboundMessage.objects.filter(campaign__isnull=False)
    return OutboundMessage.objects.filter(campaign=int(campaign))


def _not_written(op: str, days: int, now: datetime) -> Q:
    """Marketing only: an order message is owed, and says nothing about how often we advertise."""
    written = OutboundMessage.objects.filter(
        lane=Lane.MARKETING, sending_at__gte=now - timedelta(days=days), contact=OuterRef("pk")
    )
    return ~Q(Exists(written.exclude(status__in=NEVER_REACHED)))


_CAMPAIGN = ValueField(kind=Kind.CHOICE, label=gettext_lazy("campaign"), choices=_launched)


def _condition(name: str, label: Text, did: Text, did_not: Text, happened: Q) -> Condition:
    return Condition(
        key=f"campaigns.{name}",
        label=label,
        group=GROUP,
        operators=(operator("is", did), operator("is_not", did_not)),
        fields=(_CAMPAIGN,),
        build=_OfCampaign(happened),
        template=gettext_lazy("%(op)s “%(value)s”"),
    )


_CONDITIONS = (
    _condition(
        "received",
        gettext_lazy("Received a campaign"),
        gettext_lazy("has received"),
        gettext_lazy("has not received"),
        _RECEIVED,
    ),
    _condition(
        "read",
        gettext_lazy("Read a campaign"),
        gettext_lazy("has read"),
        gettext_lazy("has not read"),
        _READ,
    ),
    _condition(
        "replied",
        gettext_lazy("Replied to a campaign"),
        gettext_lazy("has replied to"),
        gettext_lazy("has not replied to"),
        _REPLIED,
    ),
    Condition(
        key="campaigns.not_written_within_days",
        label=gettext_lazy("Not written to"),
        group=GROUP,
        operators=(operator("is", gettext_lazy("for")),),
        fields=(
            ValueField(
                kind=Kind.WHOLE,
                unit=gettext_lazy("days"),
                minimum=1,
                words=periods.in_the_last_days,
            ),
        ),
        build=_not_written,
        template=gettext_lazy("Not written to %(value)s"),
    ),
)
