"""Taking in contacts as Spoki shows them: a page of the sweep, or one that a webhook told of.

One transaction per page, after the call. The same page again changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

import spoki
from audiences.consent import lock_person, withdraw_consent
from audiences.contact_sync import requests
from audiences.contact_sync.conflicts import note_conflict
from audiences.contact_sync.judging import (
    Disagreement,
    Kind,
    Winner,
    differing,
    is_known_consent,
    judge_consent,
    said_consent,
    unheard_consent,
)
from audiences.contact_sync.newcomers import add_newcomers
from audiences.contact_sync.payload import Wanted, consent_of, wanted_of
from audiences.models import (
    ConsentState,
    Contact,
    ContactAlias,
    ContactPush,
    NumberToSilence,
    SpokiContact,
)

SOURCE = "spoki"
# After so many times Spoki is believed to write the value in its own way: it is not pushed again.
MOST_PUSHES = 3
# A contact that is being pushed just now is read again when that is over.
AFTER_PUSH = timedelta(minutes=2)

_MIRRORED = (
    "spoki_id",
    "contact_id",
    "consent",
    "is_blocked",
    "has_invalid_phone",
    "read_at",
    "gone_at",
)


def take_in(
    contacts: Sequence[spoki.Contact], *, codes: Sequence[str], read_at: datetime, now: datetime
) -> Counter[str]:
    """Take in contacts that were asked for at `read_at`; return what there was, by figure of a run."""
    readable = {contact.id: contact for contact in contacts if contact.phone}
    tally: Counter[str] = Counter(pulled=len(readable), skipped=len(contacts) - len(readable))
    with transaction.atomic():
        page = _Page(list(readable.values()), codes=codes, read_at=read_at, now=now)
        tally.update(page.take_in())
    return tally


def mark_gone(*, spoki_id: int, now: datetime) -> bool:
    """Note that Spoki has no such contact any more; it is not made again until it changes here."""
    with transaction.atomic():
        mirror = SpokiContact.objects.filter(spoki_id=spoki_id, gone_at=None).first()
        if mirror is None:
            return False
        contact = Contact.objects.select_for_update(no_key=True).get(pk=mirror.contact_id)
        SpokiContact.objects.filter(pk=mirror.pk).update(gone_at=now)
        _follow(contact, contact.at_spoki.all())
    return True


class _Page:
    def __init__(
        self,
        rows: Sequence[spoki.Contact],
        *,
        codes: Sequence[str],
        read_at: datetime,
        now: datetime,
    ) -> None:
        self._rows = rows
        self._codes = codes
        self._read_at = read_at
        self._now = now
        self._tally: Counter[str] = Counter()
        self._mirrors: dict[int, SpokiContact] = {}
        self._owners: dict[str, Contact] = {}
        self._silenced: set[str] = set()

    def take_in(self) -> Counter[str]:
        known = self._contacts()
        self._owners, self._silenced = _merged_numbers(row.phone or "" for row in self._rows)
        people = {contact.pk: contact for contact in known.values()}
        self._load_mirrors(people)
        by_contact: dict[int, list[spoki.Contact]] = defaultdict(list)
        for row in self._rows:
            contact = known.get(row.phone or "")
            if contact is None and (owner := self._owners.get(row.phone or "")) is not None:
                self._take_in_merged_number(owner, row)
                continue
            self._leave_old_phone(row, contact)
            if contact is not None:
                by_contact[contact.pk].append(row)
        wanted = wanted_of(by_contact, codes=self._codes)
        for pk, rows in by_contact.items():
            self._take_in_person(people[pk], rows, wanted.get(pk))
        self._store_mirrors()
        self._compare(people, by_contact)
        return self._tally

    def _contacts(self) -> dict[str, Contact]:
        """Return the contacts here by phone, locked; whom we never met is added without consent."""
        phones = {row.phone: row for row in self._rows if row.phone}
        known = _locked(phones)
        moved = set(
            SpokiContact.objects.filter(
                spoki_id__in=[row.id for phone, row in phones.items() if phone not in known]
            ).values_list("spoki_id", flat=True)
        )
        missing = [
            row for phone, row in phones.items() if phone not in known and row.id not in moved
        ]
        if added := add_newcomers(missing, now=self._now):
            self._tally["created"] += len(added)
            known |= _locked(added)
        return known

    def _load_mirrors(self, people: Collection[int]) -> None:
        """What Spoki's contacts said before: those of this page, and the others of its people."""
        ids = [row.id for row in self._rows]
        found = SpokiContact.objects.filter(Q(spoki_id__in=ids) | Q(contact_id__in=list(people)))
        self._mirrors = {mirror.spoki_id: mirror for mirror in found}

    def _store_mirrors(self) -> None:
        read = [self._mirrors[row.id] for row in self._rows if row.id in self._mirrors]
        SpokiContact.objects.bulk_create(
            [
                SpokiContact(**{name: getattr(mirror, name) for name in _MIRRORED})
                for mirror in read
            ],
            update_conflicts=True,
            unique_fields=["spoki_id"],
            update_fields=["contact", *_MIRRORED[2:]],
        )

    def _leave_old_phone(self, row: spoki.Contact, contact: Contact | None) -> None:
        """Spoki's contact has another phone than the person here that it stood for: it leaves her."""
        mirror = self._mirrors.get(row.id)
        if mirror is None or (contact is not None and mirror.contact_id == contact.pk):
            return
        if contact is None and mirror.gone_at is not None:
            # It left her before: she gave up the number here, or it was told once.
            return
        former = Contact.objects.select_for_update(no_key=True).get(pk=mirror.contact_id)
        about = Disagreement(
            kind=Kind.PHONE, ours=former.phone or "", theirs=row.phone or "", winner=Winner.OURS
        )
        self._note(former.pk, about)
        mirror.gone_at = self._now
        SpokiContact.objects.filter(pk=mirror.pk).update(gone_at=self._now)
        _follow(former, former.at_spoki.all())

    def _take_in_merged_number(self, owner: Contact, row: spoki.Contact) -> None:
        """Of a number that was given up in a merge only a withdrawal is news: it is the person's.

        Its flags are not those of the number we write to, and what we told Spoki ourselves is no withdrawal.
        """
        mirror = self._mirrors.get(row.id)
        before = mirror.consent if mirror is not None else ""
        if row.phone in self._silenced:
            before = ConsentState.WITHDRAWN
        self._follow_consent(owner, row, before=before, mirror=mirror)
        self._mirror(owner, row, consent=consent_of(row))
        self._mirrors[row.id].gone_at = self._now

    def _take_in_person(
        self, contact: Contact, rows: Sequence[spoki.Contact], wanted: Wanted | None
    ) -> None:
        is_moving = wanted is not None and self._is_moving(wanted)
        for row in rows:
            mirror = self._mirrors.get(row.id)
            if mirror is not None and mirror.contact_id != contact.pk:
                mirror = None
            before = self._known_before(contact, row, mirror, wanted)
            if not is_moving:
                self._follow_consent(contact, row, before=before, mirror=mirror)
            said = before if is_moving else said_consent(row, before=before)
            self._mirror(contact, row, consent=said)
        if is_moving:
            requests.ask_again(phone=contact.phone, now=self._now, delay=AFTER_PUSH)
        own = [mirror for mirror in self._mirrors.values() if mirror.contact_id == contact.pk]
        if others := _follow(contact, own):
            main = str(contact.spoki_contact_id)
            theirs = ", ".join(str(id) for id in others)
            self._note(
                contact.pk,
                Disagreement(kind=Kind.TWIN, ours=main, theirs=theirs, winner=Winner.OURS),
            )

    def _is_moving(self, wanted: Wanted) -> bool:
        """Say whether a push left or may have left after the contact was asked for."""
        is_leased = wanted.leased_until is not None and wanted.leased_until > self._now
        return is_leased or (wanted.pushed_at is not None and wanted.pushed_at >= self._read_at)

    def _known_before(
        self,
        contact: Contact,
        row: spoki.Contact,
        mirror: SpokiContact | None,
        wanted: Wanted | None,
    ) -> str:
        """Return what Spoki's contact was known to say: what we pushed, for the one we push to."""
        is_main = mirror is None or contact.spoki_contact_id in {None, row.id}
        if is_main and wanted is not None and wanted.consent:
            return wanted.consent
        if row.phone in self._silenced:
            # Our own word, said for whoever had the number before.
            return ConsentState.WITHDRAWN
        return mirror.consent if mirror is not None else ""

    def _follow_consent(
        self, contact: Contact, row: spoki.Contact, *, before: str, mirror: SpokiContact | None
    ) -> None:
        verdict = judge_consent(
            own=contact.marketing_consent,
            theirs=row,
            before=before,
            was_blocked=mirror is not None and mirror.is_blocked,
        )
        if verdict.disagreement is not None:
            self._note(contact.pk, verdict.disagreement)
        if verdict.withdrawal:
            self._tally["withdrawn"] += 1
            read = self._read_at.isoformat(timespec="seconds")
            withdraw_consent(
                contact=contact,
                source=SOURCE,
                evidence=f"Spoki contact {row.id}: {verdict.withdrawal}, read {read}",
                at=self._read_at,
                now=self._now,
            )

    def _mirror(self, contact: Contact, row: spoki.Contact, *, consent: str) -> None:
        self._mirrors[row.id] = SpokiContact(
            spoki_id=row.id,
            contact=contact,
            consent=consent or "unknown",
            is_blocked=row.is_blocked,
            has_invalid_phone=row.has_invalid_phone,
            read_at=self._read_at,
        )

    def _compare(
        self, people: dict[int, Contact], by_contact: dict[int, list[spoki.Contact]]
    ) -> None:
        """Compare the values as they are after what was taken in, for the contact we push to."""
        for pk, wanted in wanted_of(by_contact, codes=self._codes).items():
            main = people[pk].spoki_contact_id
            row = next((row for row in by_contact[pk] if row.id == main), None)
            if row is not None and not self._is_moving(wanted):
                self._settle(wanted, row)

    def _settle(self, wanted: Wanted, row: spoki.Contact) -> None:
        """Note that Spoki has what we want, or have it pushed (again): a withdrawal until it is heard."""
        was_told = wanted.digest == wanted.wanted
        said = said_consent(row, before=wanted.consent)
        is_agreed = is_known_consent(wanted, said)
        differences = differing(wanted, row, was_told=was_told)
        changes: dict[str, object] = {"consent": said}
        if not differences and is_agreed:
            changes |= {"digest": wanted.wanted, "filled": wanted.now_filled}
        elif was_told:
            found = [*differences, *unheard_consent(wanted, said)]
            times = [self._note(wanted.contact_id, about) for about in found]
            is_withdrawal = not is_agreed and wanted.own_consent == ConsentState.WITHDRAWN
            if is_withdrawal or min(times) <= MOST_PUSHES:
                changes["digest"] = ""
        elif not wanted.digest:
            for about in differences:
                if about.theirs:
                    self._note(wanted.contact_id, about)
        if (
            wanted.digest != changes.get("digest", wanted.digest)
            or wanted.consent != changes["consent"]
        ):
            ContactPush.objects.update_or_create(contact_id=wanted.contact_id, defaults=changes)

    def _note(self, contact_id: int, about: Disagreement) -> int:
        self._tally["conflicts"] += 1
        return note_conflict(contact_id=contact_id, about=about, now=self._now)


def _merged_numbers(phones: Iterable[str]) -> tuple[dict[str, Contact], set[str]]:
    """Whose numbers these were before a merge (locked), and which of them Spoki was told to leave alone."""
    wanted = list(phones)
    aliases = dict(
        ContactAlias.objects.filter(kind=ContactAlias.Kind.PHONE, value__in=wanted).values_list(
            "value", "contact_id"
        )
    )
    people = {pk: lock_person(pk) for pk in sorted(set(aliases.values()))}
    silenced = NumberToSilence.objects.filter(phone__in=wanted).values_list("phone", flat=True)
    return {phone: people[pk] for phone, pk in aliases.items()}, set(silenced)


def _locked(phones: Iterable[str]) -> dict[str, Contact]:
    found = Contact.objects.select_for_update(no_key=True).filter(phone__in=list(phones))
    return {contact.phone or "": contact for contact in found.order_by("pk")}


def _follow(contact: Contact, mirrors: Iterable[SpokiContact]) -> list[int]:
    """Make id and flags say what Spoki's contacts of this person say; one that is blocked is enough.

    Return the ids of Spoki's other contacts with the same phone.
    """
    alive = [mirror for mirror in mirrors if mirror.gone_at is None]
    ids = sorted(mirror.spoki_id for mirror in alive)
    main = contact.spoki_contact_id if contact.spoki_contact_id in ids else next(iter(ids), None)
    values = {
        "spoki_contact_id": main,
        "is_blocked": any(mirror.is_blocked for mirror in alive),
        "has_invalid_phone": any(mirror.has_invalid_phone for mirror in alive),
    }
    if any(getattr(contact, name) != value for name, value in values.items()):
        Contact.objects.filter(pk=contact.pk).update(**values)
        for name, value in values.items():
            setattr(contact, name, value)
    return [id for id in ids if id != main]
