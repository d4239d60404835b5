"""`GET conversations/{contact id}/messages/`: what was written to and fro, in order, however it reached us."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from audiences.models import Contact
from conversations.header_files import HeaderShown
from conversations.timeline import (
    START,
    BadCursor,
    Entry,
    FileShown,
    Page,
    count_messages,
    timeline_page,
)

PAGE = 50
MOST = 200


class MayReadConversations(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.has_perm("conversations.view_message"))


class FileOutput(serializers.Serializer[Any]):
    """A file of a message; `size` in bytes, 0 = not known. `state`: waiting, kept, refused, failed, forgotten.

    `url` takes the same token as the API; "" while there is no file.
    """

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField()
    state = serializers.CharField()
    problem = serializers.CharField()
    url = serializers.SerializerMethodField()

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, file: FileShown) -> str:
        return self.context["request"].build_absolute_uri(file.url) if file.url else ""


class HeaderFileOutput(serializers.Serializer[Any]):
    """The file at the head of a template: `format` is image, video or document, `name` "" where nobody gave one.

    `url` shows a picture of ours to whoever is logged in to the admin; "" where there is none to be shown.
    """

    format = serializers.CharField()
    name = serializers.CharField()
    url = serializers.SerializerMethodField()

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, head: HeaderShown) -> str:
        return self.context["request"].build_absolute_uri(head.url) if head.url else ""


class MessageOutput(serializers.Serializer[Any]):
    """One message, told once. `id` is ours and stays; `uuid` Spoki's, "" while there is none.

    `status` is queued, sending, accepted, sent, delivered, read, failed, skipped, unknown or expired for ours (`source`
    is “sender”), pending, sent, delivered, read, failed or "" for those of others, "" for a customer's. `source`
    says how those reached us first: webhook, history or upload. `details` holds what a kind or an author brings with it.
    `header_file` is the file at the head of a template of ours, null where there is none; what came with a message
    stands in `files`.
    """

    id = serializers.CharField(source="key")
    at = serializers.DateTimeField()
    direction = serializers.SerializerMethodField()
    author = serializers.CharField()
    author_kind = serializers.CharField()
    kind = serializers.CharField()
    text = serializers.CharField()
    buttons = serializers.ListField(child=serializers.CharField())
    status = serializers.CharField(source="word")
    problem = serializers.CharField()
    files = FileOutput(many=True)
    header_file = HeaderFileOutput(source="head", allow_null=True)
    quoted = serializers.CharField()
    reply_to = serializers.CharField()
    uuid = serializers.CharField()
    number = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment] # a field of the answer
    details = serializers.SerializerMethodField()

    @extend_schema_field(OpenApiTypes.STR)
    def get_direction(self, entry: Entry) -> str:
        return "inbound" if entry.is_inbound else "outbound"

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_details(self, entry: Entry) -> dict[str, object]:
        return dict(entry.details)


class MessagesInput(serializers.Serializer[Any]):
    """Where to read on, how much, and from which end."""

    after = serializers.CharField(required=False, max_length=60)
    before = serializers.CharField(required=False, max_length=60)
    ordering = serializers.ChoiceField(choices=["at", "-at"], default="at")
    page_size = serializers.IntegerField(min_value=1, max_value=MOST, default=PAGE)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "after" in attrs and "before" in attrs:
            raise serializers.ValidationError({"before": [_("Give either after or before.")]})
        return attrs


class MessagesOutput(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = MessageOutput(many=True)


class ConversationViewSet(viewsets.GenericViewSet[Contact]):
    """A conversation is named by the id of its contact; that of a merged contact is whom it became."""

    queryset = Contact.objects.select_related("merged_into")
    permission_classes = (MayReadConversations,)
    filter_backends = ()
    pagination_class = None
    serializer_class = MessageOutput

    @extend_schema(
        parameters=[
            OpenApiParameter("after", str, description="Messages newer than this cursor."),
            OpenApiParameter("before", str, description="Messages older than this cursor."),
            OpenApiParameter(
                "ordering", str, enum=["at", "-at"], description="at (oldest first) or -at."
            ),
            OpenApiParameter("page_size", int, description=f"1 to {MOST}; {PAGE} if left out."),
        ],
        responses={200: MessagesOutput},
    )
    @action(detail=True, methods=["get"])
    def messages(self, request: Request, pk: str) -> Response:
        """The whole conversation, oldest first; `next` reads on, and goes on working while messages arrive."""
        contact = self.get_object()
        asked = MessagesInput(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        is_newest_first = asked.validated_data["ordering"] == "-at"
        page = _page(contact, asked.validated_data, is_newest_first=is_newest_first)
        entries = page.entries[::-1] if is_newest_first else page.entries
        newer = _link(request, "after", page.newest if page.has_newer else None)
        older = _link(request, "before", page.older)
        return Response(
            {
                "count": count_messages(contact_id=contact.merged_into_id or contact.pk),
                "next": older if is_newest_first else newer,
                "previous": newer if is_newest_first else older,
                "results": MessageOutput(entries, many=True, context={"request": request}).data,
            }
        )


def _page(contact: Contact, asked: dict[str, Any], *, is_newest_first: bool) -> Page:
    after, before = asked.get("after"), asked.get("before")
    if after is None and before is None and not is_newest_first:
        after = str(START)
    try:
        return timeline_page(
            contact=contact,
            after=after,
            before=before,
            limit=asked["page_size"],
            now=timezone.now(),
        )
    except BadCursor:
        name = "after" if after is not None else "before"
        raise serializers.ValidationError(
            {name: [_("This is no cursor of ours: follow the links next and previous.")]}
        ) from None


def _link(request: Request, name: str, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    asked = request.query_params.copy()
    asked.pop("after", None)
    asked.pop("before", None)
    plain = request.build_absolute_uri(f"{request.path}?{asked.urlencode()}".rstrip("?"))
    return str(replace_query_param(plain, name, cursor))
