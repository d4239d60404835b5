"""The house as an app of the commands without pages: its texts and the checks of the environment."""

from django.apps import AppConfig


class ChecksOnlyConfig(AppConfig):
    name = "config"
    verbose_name = "House"

    def ready(self) -> None:
        from config import checks  # noqa: F401 - registers the checks of the environment
