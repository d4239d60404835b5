"""Who opens the pages of drafts, and what is typed there."""

from django.conf import settings

from tests.factories.people import make_member

LIST = "/admin/templates_sync/templatedraft/"
PANEL, START, COMPARE = f"{LIST}panel/", f"{LIST}start/", f"{LIST}compare/"


def address(draft, page="change"):
    return f"{LIST}{draft.pk}/{page}/"


def log_in(client, role):
    user = make_member(role)
    client.force_login(user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return user


def typed(**changes):
    return {
        "name": "promo_umido",
        "language": "it",
        "category": "marketing",
        "header_format": "",
        "header_text": "",
        "header_media": "",
        "body": "Ciao %%FIRST_NAME%%, oggi sconto su tutto.",
        "footer": "Rispondi STOP",
        "button_type-0": "quick_reply",
        "button_text-0": "Mi interessa",
        "button_target-0": "",
        "example-FIRST_NAME": "Ada",
    } | changes
