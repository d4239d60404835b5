"""What the page of a draft says to do next, and where that leads."""

import pytest
from django.utils import timezone

from config import roles
from tests.factories.drafts import make_draft
from tests.factories.templates import make_version
from tests.templates_sync.staging.pages import address, log_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("status", "role", "words"),
    [
        ("draft", roles.APPROVER, "still writing"),
        ("in_review", roles.APPROVER, "It is your turn"),
        ("in_review", roles.MARKETER, "a colleague who may approve reads it"),
        ("approved", roles.MARKETER, "One step is left: submit it to Meta"),
        ("approved", roles.APPROVER, "Now who writes the campaigns submits it"),
    ],
)
def test_the_page_says_whose_turn_it_is(client, status, role, words):
    log_in(client, role)

    page = client.get(address(make_draft(status=status)))

    assert words in page.content.decode()


def test_an_author_is_told_that_nobody_approves_their_own_text(client):
    user = log_in(client, roles.ADMIN)

    page = client.get(address(make_draft(status="in_review", author=user)))

    assert "Nobody approves their own text" in page.content.decode()


def test_while_meta_has_it_spoki_can_be_asked_from_the_page_and_leads_back_to_it(
    client, monkeypatch
):
    log_in(client, roles.MARKETER)
    asked = []
    monkeypatch.setattr(
        "templates_sync.tasks.sync_templates.delay", lambda **kwargs: asked.append(kwargs)
    )
    draft = make_draft(status="submitted")
    page = client.get(address(draft)).content.decode()

    answer = client.post("/admin/templates_sync/template/sync/", {"draft": draft.pk})

    assert "Ask Spoki now" in page
    assert (answer.url, len(asked)) == (address(draft), 1)


@pytest.mark.parametrize("draft", ["", "0", "x", "9" * 30])
def test_asking_from_a_draft_that_is_not_there_leads_to_the_list(client, monkeypatch, draft):
    log_in(client, roles.MARKETER)
    monkeypatch.setattr("templates_sync.tasks.sync_templates.delay", lambda **_: None)

    answer = client.post("/admin/templates_sync/template/sync/", {"draft": draft})

    assert answer.url == "/admin/templates_sync/template/"


def test_an_accepted_text_leads_on_to_a_campaign(client):
    log_in(client, roles.MARKETER)
    version = make_version(last_seen_at=timezone.now())
    draft = make_draft(status="accepted", result=version)

    page = client.get(address(draft)).content.decode()

    assert f"/admin/campaigns/campaign/add/?template_version={version.pk}" in page
