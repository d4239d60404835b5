"""Contacts from the CRM, and the decision that none of them has to be pushed to Spoki."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from statistics import median
from threading import Event
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token

from audiences.conditions.contact import attributes_in_use
from audiences.contact_sync.pace import Budget
from audiences.contact_sync.payload import read_wanted, wanted_sql
from audiences.contact_sync.pushing import differences, push_contacts
from audiences.contact_sync.told import record_taken
from audiences.contacts import MAX_BATCH
from audiences.models import Contact, ContactPush, SpokiField
from config import roles
from config.demo.load import load_demo
from config.demo.scale import SCALES
from spoki.fake import FakeSpoki
from tests.bench.database import vacuum
from tests.bench.report import Figure
from tests.bench.snapshot import FILL

BULK = "/api/v1/contacts/bulk/"
PER_SECOND = 500
DECISION_SECONDS = 10
WRITES = {"sync_contact", "sync_contacts"}


def bulk_api(*, people: int = 20_000, present: int = 60_000) -> list[Figure]:
    """Send `people` contacts in batches of 1,000 beside `present` others: new, changed, the same again."""
    with connection.cursor() as cursor:
        cursor.execute(FILL, [1, present])
    vacuum()
    post = _crm()
    figures = []
    for outcome, name in (("created", "Ada"), ("updated", "Eva"), ("unchanged", "Eva")):
        times = [
            _seconds(partial(post, first, name, outcome)) for first in range(0, people, MAX_BATCH)
        ]
        speed = people / sum(times)
        beside = f"{people:,} of them, a call of {MAX_BATCH:,} takes {median(times):.2f} s, worst {max(times):.2f} s"
        figures.append(
            Figure(f"bulk API, {outcome}: contacts a second", speed, PER_SECOND, ">=", beside)
        )
    return figures


def sync_decision(*, people: int = 60_000, rounds: int = 5) -> list[Figure]:
    """Decide for the demo's people, all known to Spoki as they are, that there is nothing to push."""
    roles.sync_roles()
    (scale,) = (name for name, size in SCALES.items() if size == people)
    load_demo(scale=scale, now=timezone.now())
    codes = _tell_everything()
    vacuum()
    spoki = FakeSpoki()
    reachable = Contact.objects.filter(phone__isnull=False, can_receive_whatsapp=True).count()
    times = [_seconds(lambda: _decide(spoki, reachable)) for _ in range(rounds)]
    writes = sum(call in WRITES for call in spoki.calls)
    _prove_that_it_looks(codes)
    beside = f"{reachable:,} on WhatsApp, median {median(times):.2f} s of {rounds}"
    name = f"contact sync, nothing changed for {people:,}"
    return [
        Figure(f"{name}: slowest decision (s)", max(times), DECISION_SECONDS, "<=", beside),
        Figure(f"{name}: calls that write", writes, 0, "==", f"{rounds} runs"),
    ]


def _crm() -> Callable[[int, str, str], None]:
    """A CRM with its token: posts the batch from `first` on, and looks at the answer of every row."""
    user = User.objects.create_user("crm")
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["add_contact", "change_contact"])
    )
    token = Token.objects.create(user=user).key
    client = Client(SERVER_NAME="localhost", headers={"authorization": f"Token {token}"})

    def post(first: int, name: str, outcome: str) -> None:
        rows = [_row(number, name) for number in range(first, first + MAX_BATCH)]
        answer = client.post(BULK, json.dumps(rows), content_type="application/json")
        if {row["outcome"] for row in answer.json()} != {outcome}:
            raise RuntimeError(f"not every row was {outcome}")

    return post


def _row(number: int, name: str) -> dict[str, Any]:
    """Everything that a CRM may say of a person."""
    return {
        "phone": f"+39348{number:07d}",
        "first_name": name,
        "last_name": f"Neri {number}",
        "email": f"cliente{number}@example.it",
        "language": "it",
        "timezone": "Europe/Rome",
        "province": "MI",
        "country": "IT",
        "attributes": {"pet_name": "Argo", "pet_age": 3},
        "tags": ["crm", "cane"],
        "consents": [
            {
                "purpose": "whatsapp_marketing",
                "state": "given",
                "source": "checkout",
                "evidence": f"casella dell’ordine {number}",
                "at": "2026-10-03T18:30:00+02:00",
            }
        ],
    }


def _tell_everything() -> list[str]:
    """Leave the tables as a complete push leaves them; the codes of Spoki's fields."""
    now = timezone.now()
    SpokiField.objects.bulk_create(
        SpokiField(code=code, read_at=now)
        for code in sorted({name.upper() for name in attributes_in_use()})
    )
    codes = list(SpokiField.objects.order_by("code").values_list("code", flat=True))
    everybody = Contact.objects.values_list("pk", flat=True)
    ContactPush.objects.bulk_create(ContactPush(contact_id=pk) for pk in everybody)
    record_taken(read_wanted(wanted_sql(), {"codes": codes}), spoki_ids={}, now=now)
    return codes


def _decide(spoki: FakeSpoki, reachable: int) -> None:
    budget = Budget(
        clock=timezone.now, wait=Event().wait, ends_at=timezone.now() + timedelta(hours=1)
    )
    run = push_contacts(gateway=spoki, budget=budget)
    if (run.unchanged, run.pushed, run.is_complete) != (reachable, 0, True):
        raise RuntimeError(f"{run.unchanged} of {reachable} unchanged, {run.pushed} pushed")


def _prove_that_it_looks(codes: list[str]) -> None:
    """A decision that never saw a difference would be quick as well."""
    reachable = Contact.objects.filter(phone__isnull=False, can_receive_whatsapp=True)
    one = reachable.order_by("pk").values_list("pk", flat=True)[:1]
    Contact.objects.filter(pk__in=list(one)).update(first_name="Cambiata")
    if differences(codes, now=timezone.now())[1] != 1:
        raise RuntimeError("one changed contact was not seen")


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
