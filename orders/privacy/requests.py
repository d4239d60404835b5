"""The life of a privacy request: heard once, carried out by a machine or answered by a person, kept as proof.

The law gives 30 days (GDPR art. 12(3)). Shopify asks for an erasure 10 days after the wish at the earliest, and 60
after the last order (Shopify, privacy law compliance).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from orders.models import PrivacyRequest

TERM = timedelta(days=30)
# A week before the term it is urgent.
URGENT = timedelta(days=7)
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)

Kind, State = PrivacyRequest.Kind, PrivacyRequest.State


class AnswerRefused(Exception):
    """The request cannot be closed so; `str()` says why, for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a compliance topic says. Identifiers are Shopify's; texts are as they came."""

    kind: PrivacyRequest.Kind
    shop_domain: str
    asked_at: datetime
    request_id: int | None = None
    customer_id: int | None = None
    email: str = ""
    phone: str = ""
    order_ids: Sequence[int] = ()


def note_request(*, asked: Asked, now: datetime) -> PrivacyRequest:
    """Keep the request, inside the caller's transaction; one that is open already is not kept twice."""
    known = _open_twin(asked)
    if known is not None:
        return known
    fresh = PrivacyRequest(
        kind=asked.kind,
        shop_domain=asked.shop_domain,
        request_id=asked.request_id,
        customer_id=asked.customer_id,
        email=asked.email[:254],
        phone=asked.phone[:60],
        order_ids=sorted(set(asked.order_ids)),
        asked_at=asked.asked_at,
        term_at=asked.asked_at + TERM,
        due_at=now,
    )
    PrivacyRequest.objects.bulk_create([fresh], ignore_conflicts=True)
    return _open_twin(asked) or fresh


def due(*, now: datetime) -> list[int]:
    """Return the requests that a machine carries out, oldest first; those for data wait for a person."""
    waiting = PrivacyRequest.objects.filter(state=State.WAITING, due_at__lte=now)
    return list(
        waiting.exclude(kind=Kind.DATA_REQUEST).order_by("asked_at").values_list("pk", flat=True)
    )


def put_off(request: PrivacyRequest, *, error: str, now: datetime) -> None:
    """Note a fault and try again later, at growing distances, until somebody mends it."""
    wait = BACKOFF[min(request.attempts, len(BACKOFF) - 1)]
    PrivacyRequest.objects.filter(pk=request.pk, state=State.WAITING).update(
        attempts=request.attempts + 1, error=error[:300], due_at=now + wait
    )


def close(
    *,
    request: PrivacyRequest,
    figures: dict[str, int],
    by: User | None,
    now: datetime,
    state: PrivacyRequest.State = State.DONE,
    why: str = "",
) -> bool:
    """Write down that it is done, or why not; False if somebody was faster."""
    return (
        PrivacyRequest.objects.filter(pk=request.pk, state=State.WAITING).update(
            state=state, figures=figures, done_at=now, done_by=by, error=why[:300]
        )
        == 1
    )


def note_download(*, request: PrivacyRequest, by: User, now: datetime) -> None:
    """Write down who took the file, and when last."""
    PrivacyRequest.objects.filter(pk=request.pk).update(downloaded_at=now, downloaded_by=by)


def is_any_late(*, now: datetime) -> int:
    """Return how many requests wait whose term is near or over."""
    return PrivacyRequest.objects.filter(state=State.WAITING, term_at__lte=now + URGENT).count()


def _open_twin(asked: Asked) -> PrivacyRequest | None:
    """The same request: by Shopify's number, else one of the same customer that still waits."""
    rows = PrivacyRequest.objects.filter(kind=asked.kind, shop_domain=asked.shop_domain)
    if asked.request_id is not None:
        return rows.filter(request_id=asked.request_id).first()
    with transaction.atomic():
        return rows.filter(
            state=State.WAITING,
            customer_id=asked.customer_id,
            email=asked.email[:254],
            phone=asked.phone[:60],
            order_ids=sorted(set(asked.order_ids)),
        ).first()
