"""The composition root as a Django app: commands, checks, dashboard, demo."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "House"
