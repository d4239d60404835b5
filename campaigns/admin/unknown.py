"""The page of messages of which nobody knows whether they left, and the page that decides."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import messages as notes
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import TEXTAREA_CLASSES

from campaigns.access import user_of
from campaigns.evidence import Fact, facts_about
from campaigns.models import Campaign, Lane, OutboundMessage, Settlement
from campaigns.reasons import sentence
from campaigns.settling import (
    MOST_AT_ONCE,
    Settled,
    SettlementRefused,
    digest_of,
    settle,
    unsettled,
    why_not_released,
)

PER_PAGE = 25
# So many are shown with their facts before a decision on a whole campaign.
SHOWN = 25
UNPROCESSABLE = 422
SETTLE = "campaigns.settle_outboundmessage"
REASONS = ("no_answer", "no_identifier", "crashed", "no_news")
AGES = {"10m": timedelta(minutes=10), "1h": timedelta(hours=1), "24h": timedelta(hours=24)}
_ADDRESS = "admin:campaigns_outboundmessage_unknown"

Decision = Settlement.Decision


def unknown_url() -> str:
    return reverse(_ADDRESS)


class FilterForm(forms.Form):
    """What is shown; a value that means nothing shows everything."""

    campaign = forms.ModelChoiceField(
        Campaign.objects.none(), label=gettext_lazy("Campaign"), required=False,
        empty_label=gettext_lazy("All"), widget=forms.Select(attrs={"class": "cp-select"}),
    )  # fmt: skip
    age = forms.ChoiceField(
        label=gettext_lazy("Began to leave"), required=False,
        widget=forms.Select(attrs={"class": "cp-select"}),
        choices=[
            ("", gettext_lazy("At any time")),
            ("10m", gettext_lazy("More than 10 minutes ago")),
            ("1h", gettext_lazy("More than an hour ago")),
            ("24h", gettext_lazy("More than a day ago")),
        ],
    )  # fmt: skip
    reason = forms.ChoiceField(
        label=gettext_lazy("Why"), required=False,
        widget=forms.Select(attrs={"class": "cp-select"}),
        choices=[
            ("", gettext_lazy("All")),
            ("no_answer", gettext_lazy("No clear answer")),
            ("no_identifier", gettext_lazy("Answer without identifier")),
            ("crashed", gettext_lazy("The sender stopped")),
            ("no_news", gettext_lazy("No news")),
        ],
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        concerned = OutboundMessage.objects.filter(status=OutboundMessage.Status.UNKNOWN)
        field = self.fields["campaign"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - narrows the type
        field.queryset = Campaign.objects.filter(
            pk__in=concerned.values("campaign").distinct()
        ).order_by("name")

    def chosen(self, *, now: datetime) -> QuerySet[OutboundMessage]:
        """Return the unknown messages that pass, the longest unknown first."""
        self.is_valid()
        wanted = self.cleaned_data
        found = OutboundMessage.objects.filter(status=OutboundMessage.Status.UNKNOWN)
        if wanted.get("campaign"):
            found = found.filter(campaign=wanted["campaign"])
        if wanted.get("age"):
            found = found.filter(sending_at__lt=now - AGES[wanted["age"]])
        if wanted.get("reason"):
            found = found.filter(reason=wanted["reason"])
        return found.select_related("contact", "campaign", "template_version__template").order_by(
            "sending_at", "pk"
        )


class DecideForm(forms.Form):
    """`ids` and `seen`: which messages, and a fingerprint of what was shown about them."""

    ids = forms.CharField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput)
    why = forms.CharField(
        label=gettext_lazy("Why do you decide so?"),
        widget=forms.Textarea(attrs={"class": " ".join(TEXTAREA_CLASSES), "rows": 3}),
    )

    def clean_ids(self) -> list[int]:
        return numbers(self.cleaned_data["ids"].split(","))


class UnknownView(UnfoldModelAdminViewMixin, TemplateView):
    """What both pages share."""

    permission_required: ClassVar[Any] = "campaigns.view_outboundmessage"
    title: Any = gettext_lazy("Messages without a clear outcome")
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {
            "opts": OutboundMessage._meta,
            "may_decide": self.request.user.has_perm(SETTLE),
        }


class UnknownPage(UnknownView):
    """The list: who, when it began to leave, what stopped it, what arrived since."""

    template_name = "campaigns/admin/unknown.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = FilterForm(request.GET)
        found = form.chosen(now=timezone.now())
        page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
        chosen = form.cleaned_data
        query = request.GET.copy()
        query.pop("page", None)
        return self.render_to_response(
            self.get_context_data(
                filters=form,
                campaign=chosen.get("campaign"),
                rows=rows_of(page),
                page=page,
                query=query.urlencode(),
                is_filtered=any(chosen.values()),
            )
        )


class DecidePage(UnknownView):
    """Asks once more, with the facts; only POST decides."""

    template_name = "campaigns/admin/decide.html"
    permission_required: ClassVar[Any] = SETTLE

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        decision = request.GET.get("decision", "")
        found = self._chosen(request)
        if decision not in Decision.values or not found:
            notes.error(request, _("Choose at least one message that is still unknown."))
            return HttpResponseRedirect(unknown_url())
        return self._page(decision, found, DecideForm(initial=_asked(found)))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        decision = request.POST.get("decision", "")
        form = DecideForm(request.POST)
        if decision not in Decision.values or "ids" not in request.POST:
            return HttpResponseRedirect(unknown_url())
        if not form.is_valid():
            return self._again(decision, form)
        try:
            settled = settle(
                message_ids=form.cleaned_data["ids"],
                decision=decision,
                by=user_of(request),
                why=form.cleaned_data["why"],
                now=timezone.now(),
                seen=form.cleaned_data["seen"],
            )
        except SettlementRefused as refused:
            form.add_error(None, str(refused))
            return self._again(decision, form)
        _say(request, decision, settled)
        return HttpResponseRedirect(unknown_url())

    def _chosen(self, request: HttpRequest) -> list[OutboundMessage]:
        if ids := numbers(request.GET.getlist("id")):
            return unsettled(ids)
        form = FilterForm(request.GET)
        return list(form.chosen(now=timezone.now())[:MOST_AT_ONCE])

    def _again(self, decision: str, form: DecideForm) -> HttpResponse:
        """Show the page as things are now; if nothing is left to decide, go back to the list."""
        found = unsettled(numbers(str(form.data.get("ids", "")).split(",")))
        if not found:
            notes.info(
                self.request, _("They were all settled meanwhile: nothing is left to decide.")
            )
            return HttpResponseRedirect(unknown_url())
        form.data = {name: form.data.get(name) for name in form.fields} | _asked(found)
        return self._page(decision, found, form, status=UNPROCESSABLE)

    def _page(
        self,
        decision: str,
        found: list[OutboundMessage],
        form: DecideForm,
        *,
        status: int = 200,
    ) -> HttpResponse:
        is_release = decision == Decision.RELEASED
        self.title = _("Send them again?") if is_release else _("Assume that they were sent?")
        context: dict[str, Any] = {
            "form": form,
            "decision": decision,
            "is_release": is_release,
            "is_marketing": any(message.lane == Lane.MARKETING for message in found),
            "count": len(found),
            "rows": rows_of(found[:SHOWN]),
            "more": max(0, len(found) - SHOWN),
        }
        if is_release:
            context |= _release_context(found)
        return self.render_to_response(self.get_context_data(**context), status=status)


def rows_of(shown: "Page[OutboundMessage] | list[OutboundMessage]") -> list[dict[str, Any]]:
    """Return what the table shows of each message, its facts in words."""
    found = list(shown)
    facts = facts_about(found)
    released = _released(found)
    return [
        {
            "message": message,
            "cause": sentence(message.reason),
            "facts": facts[message.pk],
            "was_released": message.pk in released,
        }
        for message in found
    ]


def numbers(texts: list[str]) -> list[int]:
    """Return the whole numbers among `texts`, each once, no more than may be decided at once."""
    found = dict.fromkeys(int(text) for text in texts if text.isdigit() and len(text) < 19)
    return list(found)[: MOST_AT_ONCE + 1]


def _released(found: list[OutboundMessage]) -> set[int]:
    ids = [message.pk for message in found]
    rows = Settlement.objects.filter(message__in=ids, decision=Decision.RELEASED)
    return set(rows.values_list("message", flat=True))


def _release_context(found: list[OutboundMessage]) -> dict[str, Any]:
    """Return what sending `found` again would do beside the messages themselves.

    `refused`: sentence → how many of them cannot go again; `reopened`: the names of the finished
    campaigns that would open again for the others.
    """
    released, now = _released(found), timezone.now()
    counts: Counter[str] = Counter()
    names = set()
    for message in found:
        why = why_not_released(message, was_released=message.pk in released, now=now)
        if why:
            counts[why] += 1
        elif message.campaign is not None and message.campaign.status == Campaign.Status.DONE:
            names.add(message.campaign.name)
    return {"refused": sorted(counts.items()), "reopened": sorted(names)}


def _asked(found: list[OutboundMessage]) -> dict[str, str]:
    """Return what the page carries: which messages, in any order the same fingerprint."""
    facts: dict[int, list[Fact]] = facts_about(found)
    return {"ids": ",".join(str(message.pk) for message in found), "seen": digest_of(facts)}


def _say(request: HttpRequest, decision: str, settled: Settled) -> None:
    if decision == Decision.RELEASED:
        text = ngettext(
            "%(count)s message waits to be sent again.",
            "%(count)s messages wait to be sent again.",
            settled.done,
        )
    else:
        text = ngettext(
            "%(count)s message is assumed sent.",
            "%(count)s messages are assumed sent.",
            settled.done,
        )
    notes.success(request, text % {"count": settled.done})
    if settled.meanwhile:
        text = ngettext(
            "%(count)s was settled meanwhile and left as it is.",
            "%(count)s were settled meanwhile and left as they are.",
            settled.meanwhile,
        )
        notes.info(request, text % {"count": settled.meanwhile})
    for why, count in sorted(settled.refused.items()):
        notes.warning(request, f"{count}: {why}")
