"""Addresses of conversations, from the root."""

from __future__ import annotations

from django.urls import path

from conversations.webhooks import spoki_webhook

urlpatterns = [path("webhooks/spoki/", spoki_webhook, name="spoki-webhook")]
