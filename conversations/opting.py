"""What follows when somebody asks for no more marketing, or for it again: the ledger, the blame, one confirmation."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User

from audiences.consent import lock_person, record_consent
from audiences.models import ConsentPurpose, ConsentRecord, Contact
from campaigns import outbox
from conversations.answered import answers_marketing, taps_way_out
from conversations.farewell import say_farewell, say_welcome
from conversations.models import Message
from conversations.stop_words import Wish, wish_of

SOURCE = "whatsapp"
WORTH_JUDGING = timedelta(days=30)
# The longest of the phrases that a machine settles alone has five words.
MOST_WORDS = 5


def wish_in(message: Message, contact: Contact) -> Wish:
    """Return what the message asks for. A tap on our own way out is as clear as STOP.

    START is a consent whatever was before: “write ISCRIVIMI to our number” on a box is how many are asked for it.
    """
    if taps_way_out(message, contact):
        return Wish.STOP
    return wish_of(message.text, answers_marketing=answers_marketing(message, contact))


def follow_wish(message: Message, contact: Contact, wish: Wish, *, now: datetime) -> None:
    """Write the wish down and act on it, inside the caller's transaction; the same again changes nothing.

    What a person has judged about this very message stays as judged.
    """
    if wish is Wish.NOTHING or (wish is Wish.TO_JUDGE and _is_judged(message)):
        return
    _mark(message, wish)
    if wish is Wish.STOP:
        stop(message, contact, by=None, now=now)
    elif wish is Wish.RESUME:
        resume(message, contact, now=now)


def may_be_wish(text: str) -> bool:
    """Say whether the words could ask for no more marketing, whatever they answer."""
    return wish_of(text, answers_marketing=True) is not Wish.NOTHING


def says_no_more(text: str) -> bool:
    """Say whether there is nothing besides the words that a machine follows: nobody has to answer then."""
    return len(text.split()) <= MOST_WORDS and "?" not in text


def note_old_wish(message: Message, contact: Contact, *, now: datetime) -> Wish:
    """Obey a clear “stop” that a history or a file tells of, from when she wrote it and without a word; return the wish.

    What the ledger holds of a later moment still counts. A “start” of long ago is no proof of a consent, and of what
    needs judging only the recent is worth a person's time.
    """
    wish = wish_in(message, contact)
    if wish is Wish.STOP:
        _mark(message, wish)
        lock_person(contact.pk)
        _declare(message, contact, ConsentRecord.State.WITHDRAWN, by=None, now=now)
        outbox.record_opt_out(contact=contact, at=message.at, reply_to=message.reply_to)
    elif wish is Wish.TO_JUDGE and now - message.at < WORTH_JUDGING:
        _mark(message, wish)
    return wish


def _mark(message: Message, wish: Wish) -> None:
    if message.opt_out != wish:
        message.opt_out = Message.OptOut(wish.value)
        message.save(update_fields=["opt_out"])


def stop(message: Message, contact: Contact, *, by: User | None, now: datetime) -> None:
    """Withdraw the consent to marketing with the message as evidence; say so to her once, and never again.

    `by`: who judged what she wrote, None where the words were clear.
    """
    # Two messages of one person are judged one after the other: there is one confirmation.
    lock_person(contact.pk)
    say_farewell(message, contact, now=now)
    _declare(message, contact, ConsentRecord.State.WITHDRAWN, by=by, now=now)
    outbox.record_opt_out(contact=contact, at=message.at, reply_to=message.reply_to)


def resume(message: Message, contact: Contact, *, now: datetime) -> None:
    """Write down her consent to marketing with the message as evidence; say once how to end it."""
    lock_person(contact.pk)
    say_welcome(message, contact, now=now)
    _declare(message, contact, ConsentRecord.State.GIVEN, by=None, now=now)


def _declare(
    message: Message, contact: Contact, state: str, *, by: User | None, now: datetime
) -> None:
    record_consent(
        contact=contact,
        purpose=ConsentPurpose.WHATSAPP_MARKETING,
        state=state,
        source=SOURCE,
        evidence=f"{message.uuid}: {message.text[:200]}",
        at=message.at,
        by=by,
        now=now,
    )


def _is_judged(message: Message) -> bool:
    return bool(message.details.get("judged"))
