"""Every address of the application."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config import api, monitoring

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("api/v1/", include(api.urlpatterns())),
    path("i18n/", include("django.conf.urls.i18n")),
    path("health/live/", monitoring.live, name="health-live"),
    path("health/ready/", monitoring.ready, name="health-ready"),
    path("metrics", monitoring.metrics, name="metrics"),
    *(path("", include(name)) for name in api.parts("urls")),
]
