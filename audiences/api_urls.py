"""Addresses of the API of audiences, below /api/v1/."""

from rest_framework.routers import SimpleRouter

from audiences.api.contacts import ContactViewSet
from audiences.api.segments import SegmentViewSet

router = SimpleRouter()
router.register("contacts", ContactViewSet, basename="contact")
router.register("segments", SegmentViewSet, basename="segment")

urlpatterns = router.urls
