"""Addresses that customers open, from the root."""

from django.urls import path

from audiences.confirmation import ConfirmView

urlpatterns = [path("consent/<str:token>/", ConfirmView.as_view(), name="consent-confirm")]
