"""The boxes of the progress page: each recipient is in exactly one, replies are counted beside them."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import ngettext, pgettext

from campaigns.addresses import campaign_url
from campaigns.missed import HELD, MISSED
from campaigns.models import Campaign
from campaigns.progress import Progress

# Key, the counters that make it up, icon.
TILES = (
    ("queued", ("queued", "sending"), "hourglass_top"),
    ("sent", ("accepted", "sent"), "send"),
    ("delivered", ("delivered",), "done_all"),
    ("read", ("read",), "visibility"),
    ("failed", ("failed",), "error"),
    ("skipped", ("skipped",), "person_off"),
    ("expired", ("expired",), "timer_off"),
    ("unknown", ("unknown",), "help"),
)


def tiles_of(campaign: Campaign, progress: Progress, *, sees_list: bool) -> list[dict[str, Any]]:
    """Return the boxes that add up to the total, and the replies beside them.

    `sees_list`: the reader may open the list of messages that each box counts.
    """
    labels = _labels()
    total = progress.counters.total or 1
    tiles = []
    for key, parts, icon in TILES:
        count = sum(getattr(progress.counters, part) for part in parts)
        tile = {"key": key, "label": labels[key], "count": count, "icon": icon}
        tile["link"] = _list_of(campaign, status__in=",".join(parts)) if sees_list else ""
        tile["file"] = _file_of(campaign, key) if key in MISSED else ""
        tiles.append(tile | _note(campaign, progress, key))
    tiles.append(_replies(campaign, progress, sees_list=sees_list))
    return [tile | {"percent": round(100 * tile["count"] / total, 1)} for tile in tiles]


def _labels() -> dict[str, str]:
    return {
        "queued": pgettext("recipients", "Queued"),
        "sent": pgettext("recipients", "Sent"),
        "delivered": pgettext("recipients", "Delivered"),
        "read": pgettext("recipients", "Read"),
        "failed": pgettext("recipients", "Failed"),
        "skipped": pgettext("recipients", "Left out"),
        "expired": pgettext("recipients", "Expired"),
        "unknown": pgettext("recipients", "Unknown"),
    }


def _replies(campaign: Campaign, progress: Progress, *, sees_list: bool) -> dict[str, Any]:
    return {
        "key": "replied",
        "label": pgettext("recipients", "Replies"),
        "count": progress.counters.replied,
        "icon": "reply",
        "link": _list_of(campaign, replied_at__isnull="False") if sees_list else "",
        "file": "",
    }


def _note(campaign: Campaign, progress: Progress, key: str) -> dict[str, Any]:
    """Return what a box says of a part of its people: those leaving now, those that Meta holds."""
    if key == "queued" and (leaving := progress.counters.sending):
        return {"note": ngettext("%d is leaving", "%d are leaving", leaving) % leaving}
    if key == "sent" and (held := progress.held):
        note = ngettext("%d is held by Meta", "%d are held by Meta", held) % held
        return {"note": note, "file": _file_of(campaign, HELD)}
    return {"note": ""}


def _list_of(campaign: Campaign, **filters: str) -> str:
    query = urlencode({"campaign__id__exact": campaign.pk, **filters})
    return f"{reverse('admin:campaigns_outboundmessage_changelist')}?{query}"


def _file_of(campaign: Campaign, state: str) -> str:
    return f"{campaign_url(campaign, 'missed')}?{urlencode({'state': state})}"
