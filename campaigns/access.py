"""What a person may see of other people's data on the pages of campaigns."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from rest_framework.request import Request


def may_see_phones(user: User | AnonymousUser) -> bool:
    """Return whether lists and files of recipients show phone numbers to `user`."""
    return user.has_perm("audiences.export_snapshot")


def user_of(request: HttpRequest | Request) -> User:
    """Return who asks; pages and API let in nobody but users."""
    assert isinstance(request.user, User)  # noqa: S101 - narrows the type
    return request.user
