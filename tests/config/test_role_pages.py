"""Role × page: the menu leads each role to its pages, and to everybody else they stay shut."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from config.appearance import MENU
from config.roles import ADMIN, AGENT, APPROVER, MARKETER, ROLES, sync_roles
from tests.factories.campaigns import make_account

pytestmark = pytest.mark.django_db

EVERYBODY = {MARKETER, APPROVER, AGENT, ADMIN}
PLANNERS = {MARKETER, APPROVER, ADMIN}
OFFICE = {AGENT, ADMIN}
PAGES = {
    "admin:index": EVERYBODY,
    "admin:audiences_contact_changelist": EVERYBODY,
    "api-docs": EVERYBODY,
    "admin:campaigns_campaign_changelist": PLANNERS,
    "admin:campaigns_flow_changelist": PLANNERS,
    "admin:audiences_segment_changelist": PLANNERS,
    "admin:campaigns_campaign_scoreboard": PLANNERS,
    "admin:templates_sync_template_changelist": PLANNERS,
    "admin:templates_sync_templatedraft_changelist": PLANNERS,
    "admin:campaigns_outboundmessage_changelist": PLANNERS,
    "admin:campaigns_outboundmessage_unknown": PLANNERS,
    "admin:campaigns_spokiaccount_changelist": PLANNERS,
    "admin:campaigns_automationroute_changelist": PLANNERS,
    "admin:campaigns_sendingpolicy_changelist": PLANNERS,
    "admin:campaigns_messagerate_changelist": PLANNERS,
    "admin:campaigns_alert_changelist": PLANNERS,
    "admin:audiences_snapshot_changelist": PLANNERS,
    "admin:templates_sync_syncrun_changelist": PLANNERS,
    "admin:audiences_contactsyncrun_changelist": PLANNERS,
    "admin:audiences_syncconflict_changelist": PLANNERS,
    "admin:orders_order_changelist": OFFICE,
    "admin:orders_order_figures": EVERYBODY,
    "admin:orders_cod_work": OFFICE,
    "admin:orders_cod_calls": OFFICE,
    "admin:conversations_message_changelist": OFFICE,
    "admin:conversations_message_judge": OFFICE,
    "admin:conversations_spokiwebhook_changelist": {ADMIN},
    "customers": OFFICE,
    "inbox": OFFICE,
    "admin:conversations_cardopening_changelist": {ADMIN},
    "admin:conversations_spokidelivery_changelist": {ADMIN},
    "admin:orders_shop_changelist": {ADMIN},
    "admin:orders_privacyrequest_changelist": {ADMIN},
    "admin:orders_shopifydelivery_changelist": {ADMIN},
    "admin:orders_shopcall_changelist": OFFICE,
    "admin:orders_reconciliation_changelist": {ADMIN},
    "admin:orders_shopimport_changelist": {ADMIN},
    "admin:django_celery_beat_periodictask_changelist": {ADMIN},
    "admin:auth_user_changelist": {ADMIN},
    "admin:auth_group_changelist": {ADMIN},
    "admin:authtoken_tokenproxy_changelist": {ADMIN},
}


@pytest.fixture
def home(client):
    """Return the first page of each role; the account exists as in every installation."""
    make_account()
    sync_roles()

    def of(role: str) -> tuple[Client, str]:
        user = User.objects.create_user(f"a {role}", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client, client.get("/admin/").content.decode()

    return of


def test_every_page_of_the_menu_says_whose_it_is():
    entries = {entry.address for section in MENU for entry in section.entries}

    assert entries == set(PAGES)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("page", PAGES)
def test_the_menu_shows_a_page_to_who_may_open_it_and_to_nobody_else(home, role, page):
    browser, menu = home(role)
    address = reverse(page)
    is_allowed = role in PAGES[page]

    assert (f'href="{address}"' in menu) == is_allowed
    assert browser.get(address, follow=True).status_code == (200 if is_allowed else 403)
