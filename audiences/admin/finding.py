"""Which contacts are meant: by a number of now or before, by name or email, or as likely doubles."""

from django.db.models import Q, QuerySet

from audiences.identity import normalise_phone
from audiences.models import Contact, ContactAlias, PhoneChange


def search_contacts(text: str) -> QuerySet[Contact]:
    """By any number the person has or had, else by name or email."""
    phone = normalise_phone(text).e164
    if phone:
        return Contact.objects.filter(by_any_number(phone)).order_by("pk")
    found = Contact.objects.all()
    for word in text.split()[:5]:
        found = found.filter(
            Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(email__icontains=word)
        )
    return found.order_by("-updated_at")


def by_any_number(e164: str) -> Q:
    """Whoever has the number, had it, or is the one that its contact was merged into."""
    aliases = ContactAlias.objects.filter(kind=ContactAlias.Kind.PHONE, value=e164)
    changes = PhoneChange.objects.filter(old_phone=e164)
    return Q(phone=e164) | Q(pk__in=aliases.values("contact")) | Q(pk__in=changes.values("contact"))


def likely_doubles(contact: Contact) -> QuerySet[Contact]:
    """Whoever has the same email, or the same full name."""
    same = Q(pk__in=[])
    if contact.email:
        same |= Q(email=contact.email)
    if contact.first_name and contact.last_name:
        same |= Q(first_name=contact.first_name, last_name=contact.last_name)
    return Contact.objects.filter(same).order_by("-updated_at")
