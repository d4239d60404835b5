"""Every address of the application."""

from typing import Any

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config import api, landing, monitoring
from config.appearance import favicon


class Favicon(RedirectView):
    """Where browsers look for the icon when a page, a file or an error names none."""

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:
        return favicon(self.request)


urlpatterns = [
    path("", landing.root),
    path("favicon.ico", Favicon.as_view(), name="favicon"),
    # Before the admin's own, whose name and address it has.
    path("admin/login/", landing.login),
    path("admin/", admin.site.urls),
    path("api/v1/", include(api.urlpatterns())),
    path("i18n/", include("django.conf.urls.i18n")),
    path("health/live/", monitoring.live, name="health-live"),
    path("health/ready/", monitoring.ready, name="health-ready"),
    path("metrics", monitoring.metrics, name="metrics"),
    *(path("", include(name)) for name in api.parts("urls")),
]
