"""From an approved text, or from a segment, straight to a campaign that begins with it."""

import pytest
from django.urls import reverse

from audiences import onward as from_segments
from config.roles import APPROVER, MARKETER
from templates_sync import onward as from_templates
from tests.conftest import NOW
from tests.factories.audiences import make_segment
from tests.factories.campaigns import make_number
from tests.factories.people import make_member
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db
ADD = reverse("admin:campaigns_campaign_add")


def urls(links):
    return [link.url for link in links]


def test_who_writes_campaigns_and_flows_goes_from_a_text_to_one_with_it():
    version = make_version()

    links = from_templates.onward_from(version, make_member(MARKETER), now=NOW)

    begun = f"?template_version={version.pk}"
    assert urls(links) == [f"{ADD}{begun}", f"{reverse('admin:campaigns_flow_add')}{begun}"]


@pytest.mark.parametrize(
    "change", [{"status": "rejected"}, {"status": "pending"}, {"superseded_at": NOW}]
)
def test_no_way_leads_on_from_a_text_that_may_not_be_sent(change):
    version = make_version(**change)

    assert from_templates.onward_from(version, make_member(MARKETER), now=NOW) == []
    assert from_templates.onward_from(None, make_member(MARKETER), now=NOW) == []


def test_who_only_approves_is_shown_no_way_to_write():
    approver = make_member(APPROVER)

    assert from_templates.onward_from(make_version(), approver, now=NOW) == []
    assert from_segments.onward_from(make_segment().segment, approver) == []


def test_who_writes_campaigns_goes_from_a_segment_to_a_campaign_to_it():
    segment = make_segment().segment

    links = from_segments.onward_from(segment, make_member(MARKETER))

    assert urls(links) == [f"{ADD}?segment={segment.pk}"]


def test_a_campaign_begun_from_a_text_shows_its_variables_filled_where_they_can_be(client):
    make_number()
    make_version(template=make_template(name="aaa"))
    version = make_version(template=make_template(name="zzz"))
    client.force_login(make_member(MARKETER))

    page = client.get(ADD, {"template_version": version.pk})

    form = page.context["form"]
    assert [(row.name, row.source) for row in form.variable_rows] == [
        ("FIRST_NAME", "contact.first_name")
    ]
    assert f'value="{version.pk}" id="id_template_version_0" checked' in page.content.decode()


@pytest.mark.parametrize("asked", ["0", "x", "9" * 30, ""])
def test_a_campaign_begun_from_no_text_that_exists_begins_empty(client, asked):
    make_number()
    make_version()
    client.force_login(make_member(MARKETER))

    page = client.get(ADD, {"template_version": asked})

    assert (page.status_code, page.context["form"].variable_rows) == (200, [])
