"""The frequency cap, told to audiences: who was written to often enough is left out of the count.

The sender checks the same figures again just before each message leaves.
"""

from datetime import datetime

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from audiences import exclusions
from campaigns.models import OutboundMessage
from campaigns.policies import policy_in_force
from campaigns.sender.guards import NEVER_REACHED, is_marketing


def capped(now: datetime) -> Q:
    """Return the contacts who may not be written marketing to at `now`; never NULL."""
    caps = policy_in_force().caps
    counts = {
        f"cap_{place}": Count("pk", filter=Q(sending_at__gt=now - cap.period))
        for place, cap in enumerate(caps)
    }
    reached = Q()
    for place, cap in enumerate(caps):
        reached |= Q(**{f"cap_{place}__gte": cap.most})
    longest = max(cap.period for cap in caps)
    often = (
        OutboundMessage.objects.filter(is_marketing(), sending_at__gt=now - longest)
        .exclude(status__in=NEVER_REACHED)
        .order_by()
        .values("contact_id")
        .annotate(**counts)
        .filter(reached)
        .values("contact_id")
    )
    return Q(pk__in=often)


def register_cap() -> None:
    """Offer the cap to `audiences`; called when the application starts."""
    exclusions.register(
        exclusions.Exclusion("frequency_cap", _("written to often enough lately"), capped)
    )
