"""What waits for the reader of the first page: texts and campaigns whose next step is theirs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext_lazy

from campaigns.models import Campaign, Flow
from conversations.inbox.counting import counters
from conversations.inbox.tabs import Tab
from conversations.judging import to_judge
from orders.cod import lists
from orders.cod.lists import Why
from templates_sync.models import TemplateDraft

Reader = User | AnonymousUser
_DRAFTS = "admin:templates_sync_templatedraft_changelist"
_CAMPAIGNS = "admin:campaigns_campaign_changelist"
_FLOWS = "admin:campaigns_flow_changelist"


@dataclass(frozen=True, slots=True)
class Task:
    """One line; `link` shows what it counts."""

    text: str
    link: str


@dataclass(frozen=True, slots=True)
class _Kind:
    """Rows in one state that wait for who has `permission`; `whose` leaves out those of others."""

    permission: str
    rows: QuerySet[Any]
    status: str
    text: Any
    address: str
    whose: Callable[[Reader], Q] = lambda _: Q()


def _of_others(reader: Reader) -> Q:
    """Nobody approves what they wrote or edited last."""
    return ~Q(author=reader.pk) & ~Q(last_editor=reader.pk)


def _own(reader: Reader) -> Q:
    return Q(author=reader.pk)


def _given_back(reader: Reader) -> Q:
    return _own(reader) & ~Q(comment="")


_texts, _campaigns = TemplateDraft.objects.all(), Campaign.objects.all()
_asked = Flow.objects.filter(requested_at__isnull=False)
_stopped = Flow.objects.exclude(stop_code="")
_KINDS = (
    _Kind("templates_sync.review_templatedraft", _texts, "in_review", ngettext_lazy(
        "%(count)d text waits for your review", "%(count)d texts wait for your review", "count"),
        _DRAFTS, _of_others),
    _Kind("campaigns.approve_campaign", _campaigns, "in_review", ngettext_lazy(
        "%(count)d campaign waits for your approval", "%(count)d campaigns wait for your approval", "count"),
        _CAMPAIGNS, _of_others),
    _Kind("campaigns.enable_flow", _asked, "disabled", ngettext_lazy(
        "%(count)d flow waits for you to switch it on", "%(count)d flows wait for you to switch them on", "count"),
        _FLOWS, _of_others),
    _Kind("campaigns.change_flow", _stopped, "disabled", ngettext_lazy(
        "%(count)d flow was stopped: look why", "%(count)d flows were stopped: look why", "count"),
        _FLOWS),
    _Kind("templates_sync.change_templatedraft", _texts, "draft", ngettext_lazy(
        "%(count)d of your texts came back with a comment", "%(count)d of your texts came back with a comment", "count"),
        _DRAFTS, _given_back),
    _Kind("campaigns.change_campaign", _campaigns, "rejected", ngettext_lazy(
        "%(count)d of your campaigns came back to you", "%(count)d of your campaigns came back to you", "count"),
        _CAMPAIGNS, _own),
    _Kind("templates_sync.submit_templatedraft", _texts, "approved", ngettext_lazy(
        "%(count)d approved text can be submitted to Meta", "%(count)d approved texts can be submitted to Meta", "count"),
        _DRAFTS),
    _Kind("templates_sync.change_templatedraft", _texts, "refused", ngettext_lazy(
        "%(count)d text was not taken by Spoki", "%(count)d texts were not taken by Spoki", "count"),
        _DRAFTS),
    _Kind("campaigns.launch_campaign", _campaigns, "approved", ngettext_lazy(
        "%(count)d approved campaign can be launched", "%(count)d approved campaigns can be launched", "count"),
        _CAMPAIGNS),
    _Kind("campaigns.pause_campaign", _campaigns, "paused", ngettext_lazy(
        "%(count)d campaign is paused", "%(count)d campaigns are paused", "count"),
        _CAMPAIGNS),
)  # fmt: skip

_WORK = ngettext_lazy(
    "%(count)d customer waits for you about a cash-on-delivery order",
    "%(count)d customers wait for you about cash-on-delivery orders",
    "count",
)
_CALLS = ngettext_lazy(
    "%(count)d customer to call before the courier comes",
    "%(count)d customers to call before the courier comes",
    "count",
)
_ANSWER = ngettext_lazy(
    "%(count)s customer waits for an answer",
    "%(count)s customers wait for an answer",
    "number",
)
_JUDGE = ngettext_lazy(
    "%(count)d message perhaps unsubscribes: read it",
    "%(count)d messages perhaps unsubscribe: read them",
    "count",
)


def to_do(request: HttpRequest) -> list[Task]:
    """Return what the reader may do next, the reviews first; empty when nothing waits for them."""
    found = []
    for kind in _KINDS:
        if not request.user.has_perm(kind.permission):
            continue
        waiting = kind.rows.filter(kind.whose(request.user), status=kind.status).count()
        if waiting:
            link = f"{reverse(kind.address)}?{urlencode({'status__exact': kind.status})}"
            found.append(Task(kind.text % {"count": waiting}, link))
    if request.user.has_perm("orders.decide_cod"):
        found += _confirmations()
    if request.user.has_perms(["conversations.view_message", "audiences.change_contact"]):
        found += _to_read()
    if isinstance(request.user, User) and request.user.has_perm("conversations.reply_conversation"):
        found += _to_answer(request.user)
    return found


def _to_answer(user: User) -> list[Task]:
    """Whoever waits for an answer, as the inbox counts them."""
    waiting = counters(user=user, now=timezone.now())[Tab.ANSWER]
    told = {"number": waiting.count, "count": waiting.text}
    return [Task(_ANSWER % told, reverse("inbox"))] if waiting.count else []


def _to_read() -> list[Task]:
    """Messages that a person must judge."""
    waiting = to_judge().count()
    address = reverse("admin:conversations_message_judge")
    return [Task(_JUDGE % {"count": waiting}, address)] if waiting else []


def _confirmations() -> list[Task]:
    """What cash-on-delivery orders wait for."""
    now = timezone.now()
    work = lists.changes().count() + lists.cancellations().count() + lists.questions().count()
    counted = (
        (work, _WORK, "admin:orders_cod_work"),
        (lists.to_call(Why.SILENT, now=now).count(), _CALLS, "admin:orders_cod_calls"),
    )
    return [
        Task(text % {"count": waiting}, reverse(address))
        for waiting, text, address in counted
        if waiting
    ]
