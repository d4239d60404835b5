"""The sending policy in the admin: what is in force, how it came to be, and a form to change it."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.admin import ModelAdmin
from unfold.views import UnfoldModelAdminViewMixin

from campaigns.access import user_of
from campaigns.admin.confirm import UNPROCESSABLE
from campaigns.admin.policy_form import PolicyForm, WhyForm
from campaigns.models import SendingPolicy
from campaigns.policies import (
    Change,
    PolicyMoved,
    PolicyRefused,
    change_policy,
    newest_version,
    policy_in_force,
    restore_policy,
)
from campaigns.policy_words import Difference, differences, sections_of
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.policy_shape import PolicyUnreadable, policy_from

MOST_VERSIONS = 50
LIST_NAME = "admin:campaigns_sendingpolicy_changelist"


def readable(version: SendingPolicy | None) -> Policy | None:
    """Return the figures of a version; None where this release cannot read them."""
    if version is None:
        return DEFAULT_POLICY
    try:
        return policy_from(version.figures)
    except PolicyUnreadable:
        return None


class PolicyView(UnfoldModelAdminViewMixin, TemplateView):
    """A page of the policy, in the admin's frame."""

    title: Any = gettext_lazy("Sending policy")
    permission_required: ClassVar[Any] = "campaigns.view_sendingpolicy"
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        may_change = self.request.user.has_perm("campaigns.add_sendingpolicy")
        return context | {"opts": SendingPolicy._meta, "may_change": may_change}

    def version(self) -> SendingPolicy:
        """:raises Http404: there is no such version."""
        found = SendingPolicy.objects.select_related("made_by", "restored_from")
        version = found.filter(pk=self.kwargs["pk"]).first()
        if version is None:
            raise Http404
        return version


class InForcePage(PolicyView):
    template_name = "campaigns/admin/policy_page.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        versions = list(
            SendingPolicy.objects.select_related("made_by", "restored_from").order_by("-number")[
                : MOST_VERSIONS + 1
            ]
        )
        context = {
            "version": versions[0] if versions else None,
            "sections": sections_of(policy_in_force()),
            "history": _history(versions),
            "is_in_force": True,
        }
        return self.render_to_response(self.get_context_data(**context))


class VersionPage(PolicyView):
    template_name = "campaigns/admin/policy_page.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        version = self.version()
        newest = newest_version()
        policy = readable(version)
        context = {
            "version": version,
            "sections": sections_of(policy) if policy else [],
            "changes": _changes(version, _before(version)),
            "is_in_force": newest == version,
        }
        return self.render_to_response(self.get_context_data(**context))


class EditPage(PolicyView):
    """Every figure in a form; what is saved is a new version."""

    title = gettext_lazy("Change the sending policy")
    permission_required: ClassVar[Any] = "campaigns.add_sendingpolicy"
    template_name = "campaigns/admin/policy_form.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = PolicyForm(base=policy_in_force(), initial={"seen": _number(newest_version())})
        return self._page(form)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = PolicyForm(request.POST, base=policy_in_force())
        if not form.is_valid():
            return self._page(form, status=UNPROCESSABLE)
        try:
            made = change_policy(
                policy=form.policy(), change=_change(request, form), now=timezone.now()
            )
        except PolicyRefused as refused:
            form.add_problems(refused.problems)
            return self._page(form, status=UNPROCESSABLE)
        except PolicyMoved as moved:
            return self._moved(form, moved.newest)
        return _made(request, made)

    def _moved(self, form: PolicyForm, newest: SendingPolicy) -> HttpResponse:
        """Show what the other person changed; the typed figures stay, to be saved knowingly."""
        seen = SendingPolicy.objects.filter(number=form.cleaned_data["seen"]).first()
        form.look_at(newest.number)
        form.add_error(None, _moved_text(newest))
        theirs = _changes(newest, seen)
        return self._page(form, status=UNPROCESSABLE, theirs=theirs)

    def _page(self, form: PolicyForm, *, status: int = 200, **more: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form, **more), status=status)


class RestorePage(PolicyView):
    """Asks before an older version comes back: GET shows what would change, only POST acts."""

    title = gettext_lazy("Go back to this version?")
    permission_required: ClassVar[Any] = "campaigns.add_sendingpolicy"
    template_name = "campaigns/admin/policy_restore.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = WhyForm(initial={"seen": _number(newest_version())})
        return self._page(self.version(), form)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        version = self.version()
        form = WhyForm(request.POST)
        if not form.is_valid():
            return self._page(version, form, status=UNPROCESSABLE)
        try:
            made = restore_policy(
                number=version.number, change=_change(request, form), now=timezone.now()
            )
        except PolicyRefused as refused:
            form.add_problems(refused.problems)
        except PolicyMoved as moved:
            form.look_at(moved.newest.number)
            form.add_error(None, _moved_text(moved.newest))
        else:
            return _made(request, made)
        return self._page(version, form, status=UNPROCESSABLE)

    def _page(self, version: SendingPolicy, form: WhyForm, *, status: int = 200) -> HttpResponse:
        changes = _changes(version, newest_version())
        context = self.get_context_data(version=version, form=form, changes=changes)
        return self.render_to_response(context, status=status)


@admin.register(SendingPolicy)
class SendingPolicyAdmin(ModelAdmin):
    """Versions are read, copied and added; nobody rewrites or deletes one."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        restore = self.admin_site.admin_view(RestorePage.as_view(model_admin=self))
        own = path("<int:pk>/restore/", restore, name="campaigns_sendingpolicy_restore")
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return InForcePage.as_view(model_admin=self)(request)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return EditPage.as_view(model_admin=self)(request)

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if not object_id.isdecimal():
            raise Http404
        return VersionPage.as_view(model_admin=self)(request, pk=int(object_id))


def _history(versions: list[SendingPolicy]) -> list[dict[str, Any]]:
    """Return the versions with what each changed; the last of a full list only helps to compare."""
    before = [*versions[1:], None][: len(versions)]
    lines = [
        {"version": version, "changes": _changes(version, earlier) if earlier else []}
        for version, earlier in zip(versions, before, strict=True)
    ]
    return lines[:MOST_VERSIONS]


def _before(version: SendingPolicy) -> SendingPolicy | None:
    return SendingPolicy.objects.filter(number__lt=version.number).order_by("-number").first()


def _changes(after: SendingPolicy, before: SendingPolicy | None) -> list[Difference]:
    was, now = readable(before), readable(after)
    return differences(was, now) if was is not None and now is not None else []


def _number(version: SendingPolicy | None) -> int:
    return version.number if version else 0


def _change(request: HttpRequest, form: WhyForm) -> Change:
    typed = form.cleaned_data
    return Change(by=user_of(request), why=typed["why"], seen=typed["seen"])


def _moved_text(newest: SendingPolicy) -> str:
    by = newest.made_by
    name = (by.get_full_name() or by.get_username()) if by else "—"
    text = _("%(name)s has made version %(number)d meanwhile. Look at it, then save again.")
    return text % {"name": name, "number": newest.number}


def _made(request: HttpRequest, made: SendingPolicy) -> HttpResponse:
    text = _("Version %(number)d is in force: the sender follows it within seconds.")
    messages.success(request, text % {"number": made.number})
    return HttpResponseRedirect(reverse(LIST_NAME))
