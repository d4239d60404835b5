"""Addresses of the API of templates, below /api/v1/."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from templates_sync.api import TemplateViewSet

router = SimpleRouter()
router.register("templates", TemplateViewSet, basename="template")

urlpatterns = router.urls
