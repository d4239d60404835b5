"""Pages of other apps that the page of a template leads to."""

import pytest

from config.roles import AGENT, MARKETER
from templates_sync import page_links
from templates_sync.page_links import PageLink, links_of
from tests.factories.people import make_member
from tests.factories.templates import make_template

pytestmark = pytest.mark.django_db


@pytest.fixture
def registered():
    """Register a link of one's own, and take it away again."""
    yield lambda **changes: page_links.register("prova", PageLink(**_LINK | changes))
    page_links._links.pop("prova", None)


_LINK = {
    "label": "Prova",
    "icon": "science",
    "permission": "campaigns.view_campaign",
    "address": "admin:templates_sync_template_change",
}


def labels(template, role):
    return [link["label"] for link in links_of(template, make_member(role))]


def test_a_registered_page_is_offered_to_who_may_open_it_and_to_nobody_else(registered):
    registered()
    template = make_template()

    assert "Prova" in labels(template, MARKETER)
    assert "Prova" not in labels(template, AGENT)


def test_the_address_is_that_of_the_template(registered):
    registered()
    template = make_template()

    urls = [link["url"] for link in links_of(template, make_member(MARKETER))]

    assert f"/admin/templates_sync/template/{template.pk}/change/" in urls


def test_a_page_registered_again_replaces_the_first(registered):
    registered()
    registered(label="Altra prova")
    template = make_template()

    found = labels(template, MARKETER)

    assert ("Prova" in found, found.count("Altra prova")) == (False, 1)
