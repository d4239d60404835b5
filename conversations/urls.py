"""Addresses of conversations, from the root."""

from __future__ import annotations

from django.urls import path

from conversations.file_views import customer_file, fetch_again
from conversations.webhooks import spoki_webhook

urlpatterns = [
    path("webhooks/spoki/", spoki_webhook, name="spoki-webhook"),
    path("customers/files/<int:pk>/", customer_file, name="customer-file"),
    path("customers/files/<int:pk>/again/", fetch_again, name="customer-file-again"),
]
