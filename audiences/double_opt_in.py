"""Consent in two steps: a person says yes somewhere, and says it again from the number she gave.

Garante per la protezione dei dati personali, measure 330 of 4 June 2025: the second step is the least that proves a
consent. Both are in the ledger; until the second one nothing is given. What ends the question: a confirmation, a
refusal, time, a withdrawal, another number.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from audiences.consent import (
    ConsentRefused,
    add_declarations,
    check_declaration,
    consent_column,
    lock_person,
    withdraw_consent,
)
from audiences.models import ConsentRecord, ConsentRequest, ConsentState, Contact

VALID_FOR = timedelta(days=7)
SOURCE = "double opt-in"
_SIGNER = Signer(sep=".", salt="audiences.double_opt_in")
State = ConsentRequest.State


class ConfirmationRefused(Exception):
    """The answer comes too late, or to a question that no longer stands; `str()` says why, for a person."""


def ask_consent(
    *,
    contact: Contact,
    purpose: str,
    source: str,
    evidence: str,
    by: User | None,
    now: datetime,
    valid_for: timedelta = VALID_FOR,
) -> ConsentRequest:
    """Note the first yes and open the question; asked again while it is open, the same question is returned.

    Sending the question is the caller's: by one of `lanes`, or by handing on the link (`token_of`).

    :raises ConsentRefused: no evidence of the first yes, no number for WhatsApp, blocked, or given already.
    """
    check_declaration(
        purpose=purpose,
        state=ConsentRecord.State.GIVEN,
        source=source,
        evidence=evidence,
        at=now,
        now=now,
    )
    with transaction.atomic():
        person = lock_person(contact.pk)
        pending = ConsentRequest.objects.filter(
            contact=person, purpose=purpose, state=State.PENDING
        ).first()
        if pending is not None and pending.is_open(now=now):
            return pending
        _check_may_be_asked(person, purpose)
        if pending is not None:
            _end(pending, State.EXPIRED, now=now)
        first = _first_step(person, purpose, source=source, evidence=evidence, by=by, now=now)
        return ConsentRequest.objects.create(
            contact=person,
            purpose=purpose,
            phone=person.phone or "",
            asked=first,
            asked_at=now,
            expires_at=now + valid_for,
            asked_by=by,
        )


def confirm_consent(
    *, request: ConsentRequest, how: str, evidence: str, at: datetime, now: datetime
) -> ConsentState:
    """Record the second yes, which gives the consent; return the state it leaves. The same again changes nothing.

    `how` says by what (reply, button, link), `evidence` is the message or the visit that proves it.

    :raises ConfirmationRefused: too late, or the question no longer stands.
    :raises ConsentRefused: no evidence.
    """
    with transaction.atomic():
        person = lock_person(request.contact_id)
        asked = ConsentRequest.objects.select_for_update().get(pk=request.pk)
        if asked.state == State.CONFIRMED:
            return ConsentState(getattr(person, consent_column(asked.purpose)))
        _check_stands(asked, person, at=at)
        record = ConsentRecord(
            contact=person,
            purpose=asked.purpose,
            state=ConsentRecord.State.GIVEN,
            phone=asked.phone,
            source=f"{SOURCE}: {how}"[:100],
            evidence=_both_steps(asked, evidence),
            at=at,
            recorded_at=now,
        )
        check_declaration(
            purpose=record.purpose,
            state=record.state,
            source=record.source,
            evidence=evidence,
            at=at,
            now=now,
        )
        add_declarations([record], now=now)
        _end(asked, State.CONFIRMED, now=now)
    person.refresh_from_db()
    return ConsentState(getattr(person, consent_column(asked.purpose)))


def decline_consent(*, request: ConsentRequest, now: datetime) -> bool:
    """The person says no to the question: nothing is given; False if it was answered before."""
    return bool(
        ConsentRequest.objects.filter(pk=request.pk, state=State.PENDING).update(
            state=State.DECLINED, ended_at=now
        )
    )


def refuse_consent(
    *, request: ConsentRequest, how: str, evidence: str, at: datetime, now: datetime
) -> None:
    """A no of the person: it ends the question, and takes back what she gave before it, there or elsewhere.

    `how` and `evidence` as in `confirm_consent`. It speaks for the number that was asked: whoever has another one by
    now is not meant.
    """
    decline_consent(request=request, now=now)
    with transaction.atomic():
        person = lock_person(request.contact_id)
        is_given = getattr(person, consent_column(request.purpose)) == ConsentState.GIVEN
        if is_given and person.phone == request.phone:
            withdraw_consent(
                contact=person,
                purpose=request.purpose,
                source=f"{SOURCE}: {how}"[:100],
                evidence=evidence,
                at=at,
                now=now,
            )


def expire_requests(*, now: datetime) -> int:
    """End the questions that nobody answered in time; return how many."""
    late = ConsentRequest.objects.filter(state=State.PENDING, expires_at__lte=now)
    return late.update(state=State.EXPIRED, ended_at=now)


def open_request(contact: Contact, *, purpose: str, now: datetime) -> ConsentRequest | None:
    """The question that this person may still answer, None if there is none."""
    return ConsentRequest.objects.filter(
        contact=contact, purpose=purpose, state=State.PENDING, expires_at__gt=now
    ).first()


def token_of(request: ConsentRequest) -> str:
    """What stands in the link of the question: nobody can make one up."""
    return _SIGNER.sign(str(request.pk))


def request_of(token: str) -> ConsentRequest | None:
    """The question that a link belongs to, None for a link that nobody made."""
    try:
        key = _SIGNER.unsign(token)
    except BadSignature:
        return None
    return ConsentRequest.objects.select_related("contact").filter(pk=int(key)).first()


def note_question(*, request: ConsentRequest, message_key: UUID) -> None:
    """Note which message asks: an answer that quotes it is an answer to this question."""
    ConsentRequest.objects.filter(pk=request.pk).update(message_key=message_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A way by which a higher floor sends the question.

    `choices` are the texts it could send to a contact (key, name); `send` queues one and returns the key of the
    message. The link answers the question without a reply.
    """

    label: str | Promise
    choices: Callable[[Contact, datetime], list[tuple[str, str]]]
    send: Callable[[ConsentRequest, str, str, datetime], UUID]


_LANES: dict[str, Lane] = {}


def register(key: str, lane: Lane) -> None:
    """Add a way to send the question; called from `AppConfig.ready`. Registering a key again replaces it."""
    _LANES[key] = lane


def lane_choices(contact: Contact, *, now: datetime) -> list[tuple[str, str]]:
    """Every text that could ask this contact, as (key, name)."""
    return [
        (f"{key}:{choice}", f"{lane.label}: {name}")
        for key, lane in _LANES.items()
        for choice, name in lane.choices(contact, now)
    ]


def send_question(*, request: ConsentRequest, choice: str, link: str, now: datetime) -> bool:
    """Send the question by one of `lane_choices`, once; False if it was sent already or the way is unknown.

    The row stays locked meanwhile, so that a second click sends nothing.
    """
    key, _colon, text = choice.partition(":")
    lane = _LANES.get(key)
    if lane is None:
        return False
    with transaction.atomic():
        asked = ConsentRequest.objects.select_for_update().get(pk=request.pk)
        if asked.message_key is not None or not asked.is_open(now=now):
            return False
        note_question(request=asked, message_key=lane.send(asked, text, link, now))
    return True


def _check_may_be_asked(person: Contact, purpose: str) -> None:
    if not person.phone or not person.can_receive_whatsapp:
        raise ConsentRefused(_("Without a mobile number nobody can be asked on WhatsApp."))
    if person.is_blocked:
        raise ConsentRefused(_("The contact is blocked: nothing can be asked."))
    if getattr(person, consent_column(purpose)) == ConsentState.GIVEN:
        raise ConsentRefused(_("The consent is given already: there is nothing to ask."))


def _check_stands(asked: ConsentRequest, person: Contact, *, at: datetime) -> None:
    is_over = asked.state in {State.CANCELLED, State.DECLINED}
    if is_over or person.phone != asked.phone or at < asked.asked_at:
        raise ConfirmationRefused(_("This question no longer stands."))
    # An answer written in time counts, however late we hear of it.
    if at >= asked.expires_at:
        raise ConfirmationRefused(_("The answer comes too late: ask again."))


def _first_step(
    person: Contact, purpose: str, *, source: str, evidence: str, by: User | None, now: datetime
) -> ConsentRecord:
    return ConsentRecord.objects.create(
        contact=person,
        purpose=purpose,
        state=ConsentRecord.State.ASKED,
        phone=person.phone or "",
        source=source.strip(),
        evidence=evidence.strip(),
        at=now,
        recorded_at=now,
        by=by,
    )


def _both_steps(asked: ConsentRequest, evidence: str) -> str:
    first = asked.asked_at.isoformat(timespec="seconds")
    return f"{evidence.strip()} (first step {first}, entry {asked.asked_id})"


def _end(asked: ConsentRequest, state: State, *, now: datetime) -> None:
    if state not in ConsentRequest.NEXT[State(asked.state)]:
        raise ConfirmationRefused(_("This question no longer stands."))
    ConsentRequest.objects.filter(pk=asked.pk, state=asked.state).update(state=state, ended_at=now)
