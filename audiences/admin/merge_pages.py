"""Merge a contact with its double: choose it, see both side by side, then confirm."""

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences import movers
from audiences.admin.finding import likely_doubles, search_contacts
from audiences.admin.merge_table import digest_of, merge_table
from audiences.admin.one_person import UNPROCESSABLE, OnePerson
from audiences.admin.pages import user_of
from audiences.merge_plan import CHOOSABLE
from audiences.merging import MergeRefused, merge_contacts
from audiences.models import Contact, ContactMerge

MOST_CANDIDATES = 10


class MergeForm(forms.Form):
    """Why, and the sides that were chosen, one radio a field."""

    why = forms.CharField(label=gettext_lazy("Why are they one person?"), max_length=500)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)


class MergePages(OnePerson):
    """Mixin of the contact's admin."""

    actions = ("merge_selected",)

    @admin.action(description=gettext_lazy("Merge two contacts"), permissions=["merge"])
    def merge_selected(
        self, request: HttpRequest, queryset: QuerySet[Contact]
    ) -> HttpResponse | None:
        """Only leads to the page that asks."""
        chosen = list(queryset.order_by("pk").values_list("pk", flat=True)[:3])
        if len(chosen) != 2:
            messages.error(request, _("Choose exactly two contacts to merge them."))
            return None
        return redirect("admin:audiences_contact_merge", *chosen)

    def choose_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Whom to merge with: likely doubles first, anybody by search."""
        contact = self._alive(request, pk, self.has_merge_permission(request))
        asked = request.GET.get("q", "").strip()[:100]
        found = search_contacts(asked) if asked else likely_doubles(contact)
        others = found.filter(merged_into__isnull=True).exclude(pk=pk)[:MOST_CANDIDATES]
        context = self.page(
            request, _("Merge with another contact"), contact=contact, others=others, asked=asked
        )
        return TemplateResponse(request, "audiences/admin/merge_choose.html", context)

    def merge_view(self, request: HttpRequest, pk: int, other: int) -> HttpResponse:
        """GET shows both side by side and what is kept; POST merges."""
        merged = get_object_or_404(Contact, pk=other)
        if request.user.has_perm("audiences.merge_contact") and merged.merged_into_id == pk:
            messages.info(request, _("The two were merged already."))
            return redirect("admin:audiences_contact_change", pk)
        survivor = self._alive(request, pk, self.has_merge_permission(request))
        if merged.is_merged or other == pk:
            messages.error(request, _("These two cannot be merged: choose another contact."))
            return redirect("admin:audiences_contact_choose", pk)
        if request.method != "POST":
            form = MergeForm(initial={"seen": digest_of(survivor, merged)})
            return self._merge_page(request, survivor, merged, form)
        return self._merge(request, survivor, merged)

    def _merge(self, request: HttpRequest, survivor: Contact, merged: Contact) -> HttpResponse:
        """Merge as the page showed it, or show it again with what stands against it."""
        form, log = MergeForm(request.POST), None
        if form.is_valid() and form.cleaned_data["seen"] != digest_of(survivor, merged):
            form = MergeForm({"why": form.cleaned_data["why"], "seen": digest_of(survivor, merged)})
            form.add_error(None, _("One of the two was changed meanwhile: look again."))
        elif form.is_valid():
            log = _merged(request, survivor, merged, form)
        if log is None:
            return self._merge_page(request, survivor, merged, form, status=UNPROCESSABLE)
        self._note(request, survivor, "merged")
        moved = ", ".join(f"{name}: {count}" for name, count in movers.in_words(log.figures))
        told = _("Merged: one person, one contact.")
        messages.success(request, f"{told} {moved}".strip())
        return redirect("admin:audiences_contact_change", survivor.pk)

    def _merge_page(
        self,
        request: HttpRequest,
        survivor: Contact,
        merged: Contact,
        form: MergeForm,
        *,
        status: int = 200,
    ) -> HttpResponse:
        context = self.page(
            request,
            _("Merge two contacts?"),
            survivor=survivor,
            merged=merged,
            form=form,
            **merge_table(survivor, merged, taken=_taken(request)),
        )
        return TemplateResponse(request, "audiences/admin/merge.html", context, status=status)


def _merged(
    request: HttpRequest, survivor: Contact, merged: Contact, form: MergeForm
) -> ContactMerge | None:
    """None if it was refused: the form says why."""
    try:
        return merge_contacts(
            survivor=survivor,
            merged=merged,
            taken=_taken(request),
            why=form.cleaned_data["why"],
            by=user_of(request),
            now=timezone.now(),
        )
    except MergeRefused as refusal:
        form.add_error(None, str(refusal))
        return None


def _taken(request: HttpRequest) -> set[str]:
    return {name for name in CHOOSABLE if request.POST.get(f"keep-{name}") == "merged"}
