"""May this person be written to by a flow at all? The same codes that the sender's checks use."""

from audiences.models import ConsentState, Contact


def why_not_reached(contact: Contact | None, *, is_marketing: bool) -> str:
    """Return the code of why the person may not be written to now; empty if nothing forbids it.

    Marketing needs a consent; a message about an order, that the person has not refused them.
    """
    if contact is None or contact.is_merged:
        return "contact_gone"
    if not contact.phone:
        return "no_phone"
    if contact.is_blocked:
        return "blocked"
    if contact.has_invalid_phone:
        return "invalid_phone"
    if not contact.can_receive_whatsapp:
        return "not_a_mobile"
    return _why_not_agreed(contact, is_marketing=is_marketing)


def _why_not_agreed(contact: Contact, *, is_marketing: bool) -> str:
    if not is_marketing:
        return "orders_withdrawn" if contact.orders_consent == ConsentState.WITHDRAWN else ""
    if contact.marketing_consent == ConsentState.GIVEN:
        return ""
    withdrawn = contact.marketing_consent == ConsentState.WITHDRAWN
    return "consent_withdrawn" if withdrawn else "no_consent"
