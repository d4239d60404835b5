"""On the card of a contact: what Spoki knows of it, and a button to sync it now."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from audiences import tasks, waking
from audiences.admin.contact_sync import shown_value
from audiences.contact_sync.single import at_spoki, hurry
from audiences.models import Contact


def spoki_context(request: HttpRequest, contact: Contact) -> dict[str, Any]:
    """Return what the card shows of the contact at Spoki; nothing to who does not see the syncs."""
    if not request.user.has_perm("audiences.view_contactsyncrun"):
        return {}
    told = at_spoki(contact)
    return {
        "at_spoki": told,
        "spoki_conflicts": [
            (conflict, shown_value(conflict, conflict.ours), shown_value(conflict, conflict.theirs))
            for conflict in told.conflicts
        ],
        "may_sync": request.user.has_perm("audiences.sync_contacts"),
    }


_WOKEN = (tasks.keep_pushing_contacts, tasks.read_contacts_again)


@require_POST
@permission_required("audiences.sync_contacts", raise_exception=True)
def sync_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the contact before all batches and wake the workers."""
    contact = get_object_or_404(Contact, pk=pk)
    if not hurry(contact=contact, now=timezone.now()):
        messages.error(request, _("This contact is not told to Spoki: it has no WhatsApp number."))
    else:
        _wake(request)
    return redirect("admin:audiences_contact_change", contact.pk)


def _wake(request: HttpRequest) -> None:
    if all(waking.wake(task, queue="sync") for task in _WOKEN):
        messages.success(request, _("It goes to Spoki in a few seconds, before all others."))
    else:
        text = _("The background workers cannot be reached: it begins as soon as they are back.")
        messages.warning(request, text)
