"""`GET conversations/`: where each conversation stands, as the inbox sorts them or as a search finds them."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from campaigns.access import user_of
from conversations.api.messages import MayReadConversations
from conversations.inbox.counting import MOST as COUNTED
from conversations.inbox.pages import MOST, PAGE, BadCursor, read_page
from conversations.inbox.searching import search
from conversations.inbox.tabs import Part, Tab, parts_of
from conversations.models import Conversation

ASSIGNED = ("me", "nobody", "anybody")


class ConversationOutput(serializers.Serializer[Any]):
    """One conversation; `id` is its contact's. Moments are UTC, null = never or nobody.

    `state` is waiting, snoozed, done or answered; `assigned_to` a login.
    """

    id = serializers.IntegerField(source="contact_id")
    name = serializers.CharField(source="contact.full_name")
    phone = serializers.CharField(source="contact.phone", allow_null=True)
    state = serializers.SerializerMethodField()
    last_message_at = serializers.DateTimeField()
    last_inbound_at = serializers.DateTimeField(allow_null=True)
    preview = serializers.CharField()
    waiting_since = serializers.DateTimeField(source="unanswered_since", allow_null=True)
    unanswered_messages = serializers.IntegerField(source="unread_count")
    window_closes_at = serializers.DateTimeField(allow_null=True)
    assigned_to = serializers.SerializerMethodField()
    snoozed_until = serializers.DateTimeField(allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True)

    def get_state(self, row: Conversation) -> str:
        if row.done_at is not None:
            return "done"
        if row.snoozed_until is not None and row.snoozed_until > self.context["now"]:
            return "snoozed"
        return "waiting" if row.unanswered_since is not None else "answered"

    def get_assigned_to(self, row: Conversation) -> str | None:
        return row.assignee.username if row.assignee else None


class ConversationsInput(serializers.Serializer[Any]):
    """Which list, whose, what is looked for, and where to read on."""

    state = serializers.ChoiceField(choices=["answer", "all", "snoozed", "done"], default="all")
    assigned = serializers.ChoiceField(choices=ASSIGNED, default="anybody")
    search = serializers.CharField(required=False, max_length=200)
    after = serializers.CharField(required=False, max_length=60)
    page_size = serializers.IntegerField(min_value=1, max_value=MOST, default=PAGE)


class ConversationsOutput(serializers.Serializer[Any]):
    """`count` goes up to a thousand: nothing is counted further. `previous` is always null: lists are read forwards."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ConversationOutput(many=True)


class ConversationsView(APIView):
    """The inbox for other systems: who waits first, as people see it."""

    permission_classes = (MayReadConversations,)

    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, enum=["answer", "all", "snoozed", "done"]),
            OpenApiParameter("assigned", str, enum=list(ASSIGNED)),
            OpenApiParameter("search", str, description="Name, phone, order number or words."),
            OpenApiParameter("after", str, description="The page after this cursor."),
            OpenApiParameter("page_size", int, description=f"1 to {MOST}; {PAGE} if left out."),
        ],
        responses={200: ConversationsOutput},
        operation_id="conversations_list",
    )
    def get(self, request: Request) -> Response:
        """A page of conversations; with `search` the best `page_size` of those that `state` and `assigned` name, without a next page."""
        asked = ConversationsInput(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        values, now = asked.validated_data, timezone.now()
        parts = _assigned(parts_of(Tab(values["state"]), user=user_of(request), now=now), values, request)  # fmt: skip
        if values.get("search"):
            among = reduce(or_, (part.rows for part in parts))
            found = search(values["search"], among=among, most=values["page_size"])
            return _answer(request, found.rows, now=now)
        try:
            page = read_page(parts, after=values.get("after"), limit=values["page_size"])
        except BadCursor:
            text = _("This is no cursor of ours: follow the links next and previous.")
            raise serializers.ValidationError({"after": [text]}) from None
        return _answer(request, page.rows, now=now, cursor=page.next, count=_count(parts))


def _assigned(parts: list[Part], values: dict[str, Any], request: Request) -> list[Part]:
    if values["assigned"] == "anybody":
        return parts
    owner = user_of(request) if values["assigned"] == "me" else None
    return [
        Part(
            rows=part.rows.filter(assignee=owner),
            field=part.field,
            is_descending=part.is_descending,
        )
        for part in parts
    ]


def _count(parts: list[Part]) -> int:
    total = 0
    for part in parts:
        total += part.rows.order_by()[: COUNTED - total].count()
        if total >= COUNTED:
            break
    return total


def _answer(
    request: Request,
    rows: list[Conversation],
    *,
    now: datetime,
    cursor: str | None = None,
    count: int | None = None,
) -> Response:
    address = request.build_absolute_uri()
    return Response(
        {
            "count": len(rows) if count is None else count,
            "next": replace_query_param(address, "after", cursor) if cursor else None,
            "previous": None,
            "results": ConversationOutput(rows, many=True, context={"now": now}).data,
        }
    )
