"""Groups and their permissions, and the demo's logins that open no door outside the demo."""

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError

from config import demo_auth, roles
from config.management.commands.demo import Command

pytestmark = pytest.mark.django_db
CAMPAIGN = "campaigns.{}_campaign"


def member(role):
    roles.sync_roles()
    user = get_user_model().objects.create_user(f"a {role}")
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (roles.MARKETER, ["add", "change", "submit", "launch", "pause"], ["approve"]),
        (roles.APPROVER, ["view", "approve", "pause"], ["add", "change", "submit", "launch"]),
        (roles.AGENT, [], ["view", "add", "submit", "approve", "launch", "pause"]),
        (roles.ADMIN, ["add", "submit", "approve", "launch", "pause"], []),
    ],
)
def test_each_role_may_do_its_part_of_a_campaign(role, may, may_not):
    user = member(role)

    assert all(user.has_perm(CAMPAIGN.format(verb)) for verb in may)
    assert not any(user.has_perm(CAMPAIGN.format(verb)) for verb in may_not)


@pytest.mark.parametrize(
    "permission", ["change_spokiaccount", "add_sendingpolicy", "add_messagerate"]
)
def test_only_admin_changes_limits_policy_and_rates(permission):
    allowed = [role for role in roles.ROLES if member(role).has_perm(f"campaigns.{permission}")]

    assert allowed == [roles.ADMIN]


@pytest.mark.parametrize("permission", ["view_sendingpolicy", "view_messagerate"])
def test_whoever_plans_or_judges_a_campaign_reads_policy_and_rates(permission):
    allowed = [role for role in roles.ROLES if member(role).has_perm(f"campaigns.{permission}")]

    assert allowed == [roles.MARKETER, roles.APPROVER, roles.ADMIN]


def test_every_permission_of_the_table_exists():
    assert roles.sync_roles() == []


def test_a_second_sync_changes_nothing_and_undoes_what_was_added_to_a_role():
    roles.sync_roles()
    group = Group.objects.get(name=roles.AGENT)
    before = set(group.permissions.values_list("pk", flat=True))
    group.permissions.add(Permission.objects.get(codename="launch_campaign"))

    roles.sync_roles()

    assert set(group.permissions.values_list("pk", flat=True)) == before


def test_groups_of_an_operator_are_left_alone():
    mine = Group.objects.create(name="Night shift")
    mine.permissions.add(Permission.objects.get(codename="view_user"))

    roles.sync_roles()

    assert mine.permissions.count() == 1


@pytest.fixture
def demo_users():
    roles.sync_roles()
    demo_auth.make_users()


@pytest.mark.parametrize("username", demo_auth.USERS)
def test_a_demo_login_works_in_the_demo(settings, demo_users, username):
    settings.DEMO_MODE = True

    user = authenticate(username=username, password=demo_auth.PASSWORD)

    assert user is not None
    assert user.get_username() == username


@pytest.mark.parametrize("username", demo_auth.USERS)
def test_a_demo_login_fails_outside_the_demo(settings, demo_users, username):
    settings.DEMO_MODE = False

    assert authenticate(username=username, password=demo_auth.PASSWORD) is None


@pytest.mark.parametrize("password", ["", "wrong", None])
def test_a_wrong_password_fails_in_the_demo(settings, demo_users, password):
    settings.DEMO_MODE = True

    assert authenticate(username="admin", password=password) is None


def test_the_demo_password_opens_no_account_that_has_a_password_of_its_own(settings):
    settings.DEMO_MODE = True
    get_user_model().objects.create_user("admin", password="a-password-of-its-own")

    assert authenticate(username="admin", password=demo_auth.PASSWORD) is None


def test_the_demo_password_opens_no_other_account(settings, demo_users):
    settings.DEMO_MODE = True
    colleague = get_user_model().objects.create_user("colleague")
    colleague.set_unusable_password()
    colleague.save()

    assert authenticate(username="colleague", password=demo_auth.PASSWORD) is None


def test_demo_users_have_no_usable_password(demo_users):
    users = get_user_model().objects.filter(username__in=demo_auth.USERS)

    assert [user.has_usable_password() for user in users] == [False] * 4


def test_an_inactive_demo_user_stays_out(settings, demo_users):
    settings.DEMO_MODE = True
    get_user_model().objects.filter(username="agent").update(is_active=False)

    assert authenticate(username="agent", password=demo_auth.PASSWORD) is None


def test_the_demo_refuses_a_database_with_real_people(settings, demo_users):
    settings.DEMO_MODE = True
    get_user_model().objects.create_user("paola")

    with pytest.raises(CommandError, match="real installation"):
        Command().refuse_real_data()


@pytest.mark.django_db
def test_a_database_that_was_only_migrated_has_the_four_groups_with_their_permissions():
    granted = {group.name: group.permissions.count() for group in Group.objects.all()}

    assert granted == {name: len(permissions) for name, permissions in roles.ROLES.items()}
