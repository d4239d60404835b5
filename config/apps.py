"""The composition root as a Django app: commands, checks, dashboard, demo."""

from django.apps import AppConfig

# Shared tasks find the application that carries them because it is imported here, at start.
from config.celery import app as celery_app

__all__ = ["ConfigConfig", "celery_app"]


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "House"

    def ready(self) -> None:
        from config import checks  # noqa: F401 - registers the checks of the environment
