"""The logins of the demo, which work in the demo and nowhere else.

The users have no usable password; what accepts the printed one is a backend that asks for
DEMO_MODE at each login. So a database of the demo that ends up elsewhere opens no door.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from config.roles import ADMIN, AGENT, APPROVER, MARKETER

PASSWORD = "zampa-demo"  # noqa: S105 - printed at each start of the demo
# Login → first name, last name, group.
USERS = {
    "marketer": ("Giulia", "Ferri", MARKETER),
    "approver": ("Marco", "Galli", APPROVER),
    "agent": ("Sara", "Conti", AGENT),
    "admin": ("Andrea", "Riva", ADMIN),
}


class DemoBackend(ModelBackend):
    """Accepts the demo's password for the demo's users, in demo mode only."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_: Any,
    ) -> User | None:
        if not settings.DEMO_MODE or username not in USERS:
            return None
        if not constant_time_compare(password or "", PASSWORD):
            return None
        user = get_user_model()._default_manager.filter(username=username).first()
        if user is None or user.has_usable_password() or not self.user_can_authenticate(user):
            return None
        return user


def make_users() -> None:
    """Create the users of the demo, or bring them back to what they were."""
    for username, (first_name, last_name, role) in USERS.items():
        user, _ = get_user_model()._default_manager.get_or_create(username=username)
        user.first_name, user.last_name = first_name, last_name
        user.email = f"{username}@zampa.example"
        user.is_staff, user.is_superuser = True, username == "admin"
        if user.has_usable_password():  # a new mark of unusable would end the open sessions
            user.set_unusable_password()
        user.save()
        user.groups.set([Group.objects.get(name=role)])


def described_users() -> list[tuple[str, str]]:
    """Return login and what it is for, in the order of a campaign's life."""
    return [
        (username, f"{first} {last}, {role}") for username, (first, last, role) in USERS.items()
    ]
