"""Commands that open no page load only the models they read, and begin the sooner for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import manage
from config import settings, settings_without_pages

HOUSE = Path(manage.__file__).parent
PAGES = {"celery", "rest_framework", "unfold", "django.contrib.admin", "structlog", "requests"}


@pytest.mark.parametrize("named", [{}, {"DJANGO_SETTINGS_MODULE": "config.settings"}], ids=["unset", "named"])  # fmt: skip
def test_the_forecast_needs_no_database_and_loads_no_page_and_no_task(named):
    asked = "import sys, manage; sys.argv = ['manage.py', 'forecast', '--recipients=10']\n"
    told = "manage.main()\nprint('loaded:', *sys.modules)"

    ours = "DJANGO_SETTINGS_MODULE"
    env = {name: value for name, value in os.environ.items() if name != ours}
    env |= named
    env["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/nothing"
    answer = subprocess.run(
        [sys.executable, "-c", asked + told],
        check=False, cwd=HOUSE, env=env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    loaded = set(answer.stdout.rpartition("loaded:")[2].split())
    assert answer.returncode == 0, answer.stderr
    assert "60" in answer.stdout
    assert "campaigns.models.account" in loaded
    assert not PAGES & loaded


def test_other_commands_load_everything():
    assert manage.settings_for(["manage.py", "run_sender"]) == "config.settings"
    assert manage.settings_for(["manage.py"]) == "config.settings"


def test_the_commands_without_pages_keep_the_database_and_the_language():
    for name in ("DATABASES", "LANGUAGE_CODE", "TIME_ZONE", "FORMAT_MODULE_PATH"):
        assert getattr(settings_without_pages, name) == getattr(settings, name)


def test_their_apps_are_apps_of_the_house():
    apps = {app for app in settings_without_pages.INSTALLED_APPS if not app.startswith("config")}

    assert apps <= set(settings.INSTALLED_APPS)
