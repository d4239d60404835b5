"""The pages of a route: what it is, and a question before each thing that is done to it."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from campaigns import edge, route_changes
from campaigns.access import user_of
from campaigns.admin.routes.forms import (
    ChangeRouteForm,
    ChooseForm,
    NewRouteForm,
    NothingMore,
    ProbeForm,
    SwitchOnForm,
)
from campaigns.admin.routes.shown import page_context
from campaigns.models import AutomationRoute, RouteProbe
from campaigns.routes import RouteRefused
from spoki import SpokiError

# htmx stops polling at this status (htmx, Polling).
STOP_POLLING = 286
UNPROCESSABLE = 422
LIST = "admin:campaigns_automationroute_changelist"


def route_url(route: AutomationRoute, name: str = "change") -> str:
    """Return the address of one of the route's pages."""
    return reverse(f"admin:campaigns_automationroute_{name}", args=[route.pk])


class RouteView(UnfoldModelAdminViewMixin, TemplateView):
    """A page about routes, inside the admin's frame."""

    title: Any = ""
    permission_required: ClassVar[Any] = "campaigns.view_automationroute"
    request: HttpRequest

    def get_route(self) -> AutomationRoute:
        """:raises Http404: there is no such route."""
        chosen = AutomationRoute.objects.select_related("version__template", "switched_on_by")
        found = chosen.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.title = self.title or str(kwargs.get("route") or "")
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"opts": AutomationRoute._meta, "list_url": reverse(LIST)}


class RoutePage(RouteView):
    template_name = "campaigns/admin/route.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = page_context(self.get_route(), request.user, now=timezone.now())
        return self.render_to_response(self.get_context_data(**context))


class RouteFragment(RouteView):
    """The part that moves while a test is under way."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        route = self.get_route()
        context = page_context(route, request.user, now=timezone.now())
        is_moving = route.state == AutomationRoute.State.PROBING
        status = 200 if is_moving else STOP_POLLING
        return render(request, "campaigns/admin/parts/route.html", context, status=status)


class Question(RouteView):
    """GET asks, POST acts; what is refused is said beside the question."""

    template_name = "campaigns/admin/route_question.html"
    explanation: Any = ""
    button: Any = ""
    done: Any = ""
    is_danger = False

    def form(self, route: AutomationRoute | None, data: Any = None) -> forms.Form:
        return NothingMore(data)

    def act(self, route: AutomationRoute | None, form: Any) -> AutomationRoute:
        """:raises RouteRefused, SpokiError: nothing was done."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        route = self.get_route() if "pk" in self.kwargs else None
        try:
            return self.ask(route, self.form(route))
        except SpokiError as error:
            return self.unread(error)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        route = self.get_route() if "pk" in self.kwargs else None
        try:
            form = self.form(route, request.POST)
            if not form.is_valid():
                return self.ask(route, form, status=UNPROCESSABLE)
            moved = self.act(route, form)
        except RouteRefused as refused:
            form.add_error(None, str(refused))
            return self.ask(route, form, status=UNPROCESSABLE)
        except SpokiError as error:
            return self.unread(error)
        self.say(moved)
        return HttpResponseRedirect(route_url(moved))

    def say(self, route: AutomationRoute) -> None:
        messages.success(self.request, self.done % {"name": route})

    def unread(self, error: SpokiError) -> HttpResponse:
        messages.error(self.request, edge.automations_unreadable(error))
        return HttpResponseRedirect(reverse(LIST))

    def ask(
        self, route: AutomationRoute | None, form: forms.Form, *, status: int = 200
    ) -> HttpResponse:
        context = {
            "route": route,
            "form": form,
            "question": self,
            "back_url": route_url(route) if route else reverse(LIST),
        }
        return self.render_to_response(self.get_context_data(**context), status=status)


class AddRoute(Question):
    title = _("Which automation sends the template?")
    permission_required: ClassVar[Any] = "campaigns.add_automationroute"
    explanation = _(
        "On Spoki, make an automation that an API trigger starts and whose only step sends this "
        "template. It stays off here until a test has proven it."
    )
    button = _("Save")
    done = _("“%(name)s” is written down. Test it next.")
    offers_list = True

    def form(self, route: AutomationRoute | None, data: Any = None) -> forms.Form:
        return NewRouteForm(data)

    def act(self, route: AutomationRoute | None, form: Any) -> AutomationRoute:
        by, now = user_of(self.request), timezone.now()
        return route_changes.add_route(**form.cleaned_data, by=by, now=now)


class ChooseRoute(Question):
    """The same, from the list that Spoki gives."""

    title = _("Choose from the automations on Spoki")
    permission_required: ClassVar[Any] = "campaigns.add_automationroute"
    explanation = _("Read from Spoki just now. The secret is taken over without being shown.")
    button = _("Save")
    done = AddRoute.done

    def form(self, route: AutomationRoute | None, data: Any = None) -> forms.Form:
        return ChooseForm(data, automations=edge.automations_now())

    def act(self, route: AutomationRoute | None, form: Any) -> AutomationRoute:
        name, trigger, secret = form.chosen()
        if not secret:
            raise RouteRefused("route_secret_not_listed")
        return route_changes.add_route(
            version=form.cleaned_data["version"],
            trigger_uuid=trigger,
            secret=secret,
            automation_name=name[:200],
            by=user_of(self.request),
            now=timezone.now(),
        )


class ChangeRoute(Question):
    title = _("Change the automation?")
    permission_required: ClassVar[Any] = "campaigns.change_automationroute"
    explanation = _("Another trigger or another secret must be tested again.")
    button = _("Save")
    done = _("“%(name)s” is changed.")

    def form(self, route: AutomationRoute | None, data: Any = None) -> forms.Form:
        initial = {name: getattr(route, name) for name in ("automation_name", "trigger_uuid")}
        return ChangeRouteForm(data, initial=initial)

    def act(self, route: AutomationRoute | None, form: Any) -> AutomationRoute:
        by, now = user_of(self.request), timezone.now()
        return route_changes.change_route(route=_known(route), **form.cleaned_data, by=by, now=now)


class ProbeRoute(Question):
    title = _("Send a test message?")
    permission_required: ClassVar[Any] = "campaigns.probe_automationroute"
    explanation = _(
        "One real message leaves by the automation. It costs what a message costs and counts in "
        "today's limits. The route is proven when Spoki's webhook brings our reference back."
    )
    button = _("Send the test message")

    def form(self, route: AutomationRoute | None, data: Any = None) -> forms.Form:
        return ProbeForm(data, route=_known(route))

    def act(self, route: AutomationRoute | None, form: Any) -> AutomationRoute:
        edge.probe_now(
            route=_known(route),
            phone=form.cleaned_data["phone"],
            values=form.values(),
            by=user_of(self.request),
            allowlist=settings.SEND_ALLOWLIST,
        )
        return self.get_route()

    def say(self, route: AutomationRoute) -> None:
        probe = route.probes.latest("started_at")
        if probe.state == RouteProbe.State.FAILED:
            messages.error(self.request, _("The test message did not leave: see why below."))
        else:
            messages.success(self.request, _("The test message left: look at the phone."))


class SwitchOn(Question):
    title = _("Send campaigns by this automation?")
    permission_required: ClassVar[Any] = "campaigns.switch_automationroute"
    explanation = _(
        "From the next message on, campaigns with this template leave by the automation, faster "
        "than the send endpoint allows. Limits per day, hours, consents and pauses stay the same. "
        "Whether a message left is known only when its webhook comes."
    )
    button = _("Switch on")
    done = _("“%(name)s” is on.")

    def form(self, route: AutomationRoute | None, data: Any = None) -> forms.Form:
        return SwitchOnForm(data)

    def act(self, route: AutomationRoute | None, form: Any) -> AutomationRoute:
        by, now = user_of(self.request), timezone.now()
        return route_changes.switch_on(route=_known(route), by=by, now=now)


class SwitchOff(Question):
    title = _("Stop sending by this automation?")
    permission_required: ClassVar[Any] = "campaigns.switch_automationroute"
    explanation = _(
        "What waits leaves by the send endpoint again, at its own pace. The test stays valid."
    )
    button = _("Switch off")
    done = _("“%(name)s” is off.")
    is_danger = True

    def act(self, route: AutomationRoute | None, form: Any) -> AutomationRoute:
        by, now = user_of(self.request), timezone.now()
        return route_changes.switch_off(route=_known(route), by=by, now=now)


def _known(route: AutomationRoute | None) -> AutomationRoute:
    assert route is not None  # noqa: S101 - narrows: these questions are about one route
    return route
