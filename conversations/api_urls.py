"""Addresses of the API of conversations, below /api/v1/."""

from rest_framework.routers import SimpleRouter

from conversations.api.messages import ConversationViewSet

router = SimpleRouter()
router.register("conversations", ConversationViewSet, basename="conversation")

urlpatterns = router.urls
