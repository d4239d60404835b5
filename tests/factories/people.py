"""Users of each role, as the table of roles makes them."""

from typing import Any

from django.contrib.auth.models import Group, User

from config.roles import sync_roles
from tests.factories.campaigns import make_user


def make_member(role: str, **changes: Any) -> User:
    """A member of the staff in the group `role`."""
    sync_roles()
    user = make_user(is_staff=True, **changes)
    user.groups.add(Group.objects.get(name=role))
    return user
