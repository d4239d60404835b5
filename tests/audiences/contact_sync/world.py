"""A Spoki in memory, a clock that moves when somebody waits or calls, and both directions of the sync."""

from datetime import datetime, timedelta

from audiences.contact_sync.pace import Budget
from audiences.contact_sync.pushing import push_contacts, push_urgent_contacts
from audiences.contact_sync.rereading import read_contacts_again
from audiences.contact_sync.sweeping import sweep_contacts
from audiences.models import Contact, ContactSyncRun
from spoki.fake import FakeSpoki
from tests.conftest import NOW

PHONE = "+393471111111"


class World:
    """Every call takes a second; a wait takes what it says. `patience` are seconds of one turn."""

    def __init__(self) -> None:
        self.now = NOW
        self.spoki = FakeSpoki()
        self.spoki.before_call = lambda _: self.wait(1)

    def clock(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def budget(self, patience: float = 36_000) -> Budget:
        return Budget(
            clock=self.clock, wait=self.wait, ends_at=self.now + timedelta(seconds=patience)
        )

    def push(self, *, patience: float = 36_000) -> ContactSyncRun:
        self.wait(1)
        return push_contacts(gateway=self.spoki, budget=self.budget(patience))

    def push_urgent(self) -> ContactSyncRun | None:
        self.wait(1)
        return push_urgent_contacts(gateway=self.spoki, budget=self.budget())

    def sweep(self, *, patience: float = 36_000) -> ContactSyncRun:
        self.wait(1)
        return sweep_contacts(gateway=self.spoki, budget=self.budget(patience))

    def read_again(self, *, after: float = 1) -> ContactSyncRun | None:
        self.wait(after)
        return read_contacts_again(gateway=self.spoki, budget=self.budget())

    def writes(self) -> int:
        """How many calls so far wrote contacts."""
        return sum(call in {"sync_contact", "sync_contacts"} for call in self.spoki.calls)

    def knows(self, **changes: object) -> int:
        """Have Spoki know a contact like the factory's; return its id."""
        fields = {"phone": PHONE, "first_name": "Giulia", "last_name": "Rossi", "email": None}
        return self.spoki.add_contact(**fields | changes).id

    def tells(self, id: int, **changes: object) -> None:
        """Have somebody change a contact at Spoki."""
        self.spoki.contact_rows[id].update(changes)


def states(contact: Contact) -> tuple[str, bool, bool]:
    contact.refresh_from_db()
    return contact.marketing_consent, contact.is_blocked, contact.has_invalid_phone
