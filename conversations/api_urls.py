"""Addresses of the API of conversations, below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from conversations.api.listing import ConversationsView
from conversations.api.messages import ConversationViewSet
from conversations.api.reply import ReplyView

router = SimpleRouter()
router.register("conversations", ConversationViewSet, basename="conversation")

urlpatterns = [
    path("conversations/", ConversationsView.as_view(), name="conversation-list"),
    *router.urls,
    path("conversations/<int:pk>/reply/", ReplyView.as_view(), name="conversation-reply"),
]
