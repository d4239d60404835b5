"""Handing out contacts as a file: only to who may, and never without a trace."""

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from audiences.admin.pages import user_of
from audiences.contact_export import contact_lines
from audiences.models import Contact


def may_export(request: HttpRequest) -> bool:
    return _shows_phones(request) or request.user.has_perm("audiences.export_contact_without_phone")


def export_contacts(request: HttpRequest, contacts: QuerySet[Contact]) -> StreamingHttpResponse:
    """The file, streamed; who took it, how many people and whether with phones is logged."""
    shows_phones = _shows_phones(request)
    people = contacts.count()
    said = (
        _("%(people)s contacts exported")
        if shows_phones
        else _("%(people)s contacts exported without phone and email")
    )
    LogEntry.objects.create(
        user_id=user_of(request).pk,
        content_type=ContentType.objects.get_for_model(Contact),
        object_repr=str(Contact._meta.verbose_name_plural)[:200],
        action_flag=CHANGE,
        change_message=said % {"people": people},
    )
    day = timezone.localdate().isoformat()
    return StreamingHttpResponse(
        contact_lines(contacts, shows_phones=shows_phones),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="contatti-{day}.csv"'},
    )


def _shows_phones(request: HttpRequest) -> bool:
    return request.user.has_perm("audiences.export_contact")
