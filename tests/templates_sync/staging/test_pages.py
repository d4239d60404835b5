"""The pages of drafts: who may open and press what."""

import pytest

from config import roles
from tests.factories.drafts import make_draft
from tests.templates_sync.staging.pages import COMPARE, LIST, PANEL, address, log_in, typed

pytestmark = pytest.mark.django_db
ROLES = (roles.MARKETER, roles.APPROVER, roles.AGENT, roles.ADMIN)
MAY = {
    "list": (200, 200, 403, 200),
    "add": (200, 403, 403, 200),
    "page": (200, 200, 403, 200),
    "compare": (200, 200, 403, 200),
    "approve": (403, 200, 403, 200),
    "send-back": (403, 200, 403, 200),
    "submit": (200, 403, 403, 200),
    "to-review": (200, 403, 403, 200),
    "back-to-draft": (200, 403, 403, 200),
    "stop": (200, 403, 403, 200),
    "take-back": (200, 403, 403, 200),
}
STATE = {
    "submit": "approved",
    "to-review": "draft",
    "stop": "submitting",
    "take-back": "submitted",
}


@pytest.mark.parametrize("page", MAY)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_its_pages_and_no_other(client, role, page):
    log_in(client, role)
    draft = make_draft(status=STATE.get(page, "in_review"), step="fields")
    addresses = {
        "list": LIST,
        "add": f"{LIST}add/",
        "page": address(draft),
        "compare": f"{COMPARE}?left=d{draft.pk}&right=d{draft.pk}",
    }

    answer = client.get(addresses.get(page, address(draft, page)))

    assert answer.status_code == MAY[page][ROLES.index(role)]


@pytest.mark.parametrize(
    "page", ["approve", "send-back", "submit", "to-review", "stop", "take-back"]
)
def test_looking_changes_nothing(client, page):
    log_in(client, roles.ADMIN)
    draft = make_draft(status=STATE.get(page, "in_review"), step="fields")

    client.get(address(draft, page))

    before, draft.status = draft.status, ""
    draft.refresh_from_db()
    assert (draft.status, draft.events.count()) == (before, 0)


def test_a_stranger_is_asked_to_log_in(client):
    assert client.get(LIST).status_code == 302
    assert client.post(PANEL, typed()).status_code == 302
