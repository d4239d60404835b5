"""Who may call what: the permission of each action, and the shape of a refusal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from campaigns.models import TransitionRefused
from campaigns.refusals import CampaignRefused, LaunchFailed, SamePersonRefused


class ActionPermission(BasePermission):
    """Ask for the permission that the view names for the action; an action without one is nobody's."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        wanted: Mapping[str, str] = getattr(view, "action_permissions", {})
        # The schema and OPTIONS have no action of their own.
        action = getattr(view, "action", None) or "list"
        permission = wanted.get("list" if action == "metadata" else action)
        return permission is not None and request.user.has_perm(permission)


class Refusal(APIException):
    """A refusal with a body of field → list of messages."""

    def __init__(self, code: int, errors: Mapping[str, list[str]]) -> None:
        super().__init__()
        self.status_code = code
        self.detail = {
            field: [ErrorDetail(text) for text in texts] for field, texts in errors.items()
        }


@contextmanager
def refusals_as_answers() -> Iterator[None]:
    """Turn what the services refuse into answers: 400 what can be cured, 403 the same person,
    409 a campaign that has moved on, 503 a freeze that failed.
    """
    try:
        yield
    except SamePersonRefused as error:
        raise Refusal(status.HTTP_403_FORBIDDEN, error.by_field()) from error
    except CampaignRefused as error:
        raise Refusal(status.HTTP_400_BAD_REQUEST, error.by_field()) from error
    except TransitionRefused as error:
        raise Refusal(status.HTTP_409_CONFLICT, {"status": [str(error)]}) from error
    except LaunchFailed as error:
        raise Refusal(
            status.HTTP_503_SERVICE_UNAVAILABLE, {"non_field_errors": [str(error)]}
        ) from error
