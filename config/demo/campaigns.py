"""The campaigns the demo starts with: one in each state that somebody would look at first.

They go through the services that people use, each at its own time before `now`, so nothing here is
a state that the house itself could not reach.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction

from audiences.models import Segment
from campaigns.editing import create_campaign
from campaigns.lifecycle import (
    approve_campaign,
    launch_campaign,
    reject_campaign,
    submit_campaign,
)
from campaigns.models import Campaign, WhatsAppNumber
from config.demo import segments
from config.demo.drawing import make_draws
from config.demo.results import write_results
from templates_sync.models import TemplateVersion

READY = "Natale: sconto 20% sull'umido"
APPROVED = "Un pensiero per i VIP"
REJECTED = "Scorta di umido in arrivo"
DONE = "Ci manchi: ritorno dei dormienti"

_FIRST_NAME = {"parameter": "contact.first_name", "fallback": "amico"}
_PET_NAME = {"parameter": "contact.attributes.pet_name", "fallback": "il tuo amico"}
_REASON = (
    "La spedizione in regalo è finita venerdì, ma il testo la promette ancora: "
    "scegli un altro modello o aspetta la prossima promozione."
)


class NotSyncedYet(Exception):
    """The templates or the account were not read from the simulator yet."""


def prepare_campaigns(*, now: datetime) -> bool:
    """Write the demo's campaigns, all or none; return False where they were written before.

    Call it after the first sync of the templates and the first reading of the account.

    :raises NotSyncedYet: something of the simulator is missing.
    """
    if are_prepared():
        return False
    _require_sync()
    with transaction.atomic():
        _done(now=_at_nine(now - timedelta(days=12)))
        _rejected(now=now - timedelta(days=2))
        _approved(now=now - timedelta(hours=6))
        _ready(now=now - timedelta(minutes=40))
    return True


def are_prepared() -> bool:
    """Tell whether they were written before: what is done cannot be deleted, whatever became of the others."""
    return Campaign.objects.filter(name=DONE).exists()


def _require_sync() -> None:
    known = set(TemplateVersion.objects.current().values_list("template__name", flat=True))
    if missing := {"natale_umido", "ritorno_clienti", "riacquisto_umido"} - known:
        raise NotSyncedYet(f"Templates not read yet: {', '.join(sorted(missing))}.")
    if not WhatsAppNumber.objects.filter(is_default=True).exists():
        raise NotSyncedYet("The account was not read from Spoki yet.")


def _at_nine(moment: datetime) -> datetime:
    """Return nine in the morning of that day in Rome: when people at an office begin."""
    return moment.astimezone(ZoneInfo("Europe/Rome")).replace(hour=9, minute=0, second=0)


def _ready(*, now: datetime) -> None:
    _create(
        READY,
        template="natale_umido",
        segment=segments.WET_FOOD,
        variables={
            "FIRST_NAME": _FIRST_NAME,
            "PET_NAME": _PET_NAME,
            "CODE": {"value": "NATALE20"},
        },
        now=now,
    )


def _approved(*, now: datetime) -> None:
    campaign = _create(
        APPROVED,
        template="ritorno_clienti",
        segment=segments.VIP,
        variables={"FIRST_NAME": _FIRST_NAME},
        now=now,
    )
    _approve(campaign, now=now)


def _rejected(*, now: datetime) -> None:
    campaign = _create(
        REJECTED,
        template="riacquisto_umido",
        segment=segments.WET_FOOD,
        variables={
            "FIRST_NAME": _FIRST_NAME,
            "PET_NAME": _PET_NAME,
            "PRODUCT": {"parameter": "orders.last_order_product", "fallback": "pappa"},
        },
        now=now,
    )
    submitted = submit_campaign(campaign=campaign, by=_marketer(), now=now + timedelta(minutes=12))
    reject_campaign(
        campaign=submitted, by=_approver(), reason=_REASON, now=now + timedelta(minutes=50)
    )


def _done(*, now: datetime) -> None:
    campaign = _create(
        DONE,
        template="ritorno_clienti",
        segment=segments.LAPSED,
        variables={"FIRST_NAME": _FIRST_NAME},
        now=now,
    )
    approved = _approve(campaign, now=now)
    launched = launch_campaign(
        campaign=approved, by=_marketer(), confirm=DONE, now=now + timedelta(minutes=75)
    )
    make_draws()
    write_results(launched, started_at=now + timedelta(minutes=75, seconds=4))


def _create(
    name: str, *, template: str, segment: str, variables: dict[str, Any], now: datetime
) -> Campaign:
    """Write a draft in Italian for whoever does not read English."""
    version = TemplateVersion.objects.current().get(
        template__name=template, template__language="it"
    )
    fields = {
        "name": name,
        "template_version": version,
        "segment": Segment.objects.get(name=segment),
        "variables": variables,
    }
    english = Segment.objects.filter(name=segments.ENGLISH)
    return create_campaign(fields=fields, left_out=english, by=_marketer(), now=now)


def _approve(campaign: Campaign, *, now: datetime) -> Campaign:
    submitted = submit_campaign(campaign=campaign, by=_marketer(), now=now + timedelta(minutes=15))
    return approve_campaign(campaign=submitted, by=_approver(), now=now + timedelta(minutes=55))


def _marketer() -> User:
    return User.objects.get(username="marketer")


def _approver() -> User:
    return User.objects.get(username="approver")
