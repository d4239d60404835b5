#!/usr/bin/env python
"""Command line of the application."""

import gc
import os
import sys

# Commands that need neither database nor broker, or that start the services by themselves.
WITHOUT_SERVICES = {
    "", "help", "version", "check", "makemessages", "compilemessages", "collectstatic",
    "diffsettings", "startapp", "startproject", "findstatic", "spectacular", "testserver",
    "spoki_simulator", "shopify_simulator", "run_all", "demo", "forecast",
}  # fmt: skip
# Commands that open no page and start no task: they begin in a third of the time.
WITHOUT_PAGES = {"forecast"}


def main() -> None:
    # Also where the house's own settings are named: what needs no page is as quick there.
    if os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings") == "config.settings":
        os.environ["DJANGO_SETTINGS_MODULE"] = settings_for(sys.argv)
    if is_without_pages(sys.argv):
        gc.disable()  # it lives for a second: looking for garbage would be a tenth of it
    if sys.argv[1:2] == ["demo"]:
        enter_demo()
    if needs_services(sys.argv):
        start_services()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def settings_for(argv: list[str]) -> str:
    """Return the settings of the command line: pages are loaded only where they may be opened."""
    return "config.settings_without_pages" if is_without_pages(argv) else "config.settings"


def is_without_pages(argv: list[str]) -> bool:
    return argv[1:2] != [] and argv[1] in WITHOUT_PAGES


def needs_services(argv: list[str]) -> bool:
    """Return whether the command line names a command that works on the database."""
    command = argv[1] if len(argv) > 1 else ""
    asks_help = "-h" in argv or "--help" in argv
    return not asks_help and not command.startswith("-") and command not in WITHOUT_SERVICES


def enter_demo() -> None:
    """Set the demo's environment before anything reads the settings."""
    from config.demo.environment import demo_environment

    os.environ.update(demo_environment())


def start_services() -> None:
    from config import embedded

    try:
        embedded.start_missing()
    except embedded.EmbeddedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
