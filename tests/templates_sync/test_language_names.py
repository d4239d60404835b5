"""Languages stand on the pages of templates by their names."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from config.roles import ADMIN
from templates_sync.language_names import language_name
from tests.factories.drafts import make_draft
from tests.factories.people import make_member
from tests.factories.templates import make_template, make_version


@pytest.mark.parametrize(
    ("code", "italian", "english"),
    [
        ("de", "Tedesco", "German"),
        ("en_us", "Inglese (en_us)", "English (en_us)"),
        ("xx_yy", "xx_yy", "xx_yy"),
    ],
)
def test_a_language_has_a_name_and_its_kinds_stay_apart(code, italian, english):
    with override("it"):
        assert language_name(code) == italian
    with override("en"):
        assert language_name(code) == english


@pytest.fixture
def admin(client):
    client.force_login(make_member(ADMIN))
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "it"
    return client


@pytest.mark.django_db
def test_templates_are_listed_and_shown_with_the_name_of_their_language(admin):
    version = make_version(
        template=make_template(language="de"), requested_category="utility", category="marketing"
    )
    pages = [
        reverse("admin:templates_sync_template_changelist"),
        reverse("admin:templates_sync_template_change", args=[version.template_id]),
        reverse("admin:templates_sync_accept_category", args=[version.pk]),
    ]

    assert ["Tedesco" in admin.get(page).content.decode() for page in pages] == [True] * 3


@pytest.mark.django_db
def test_drafts_are_listed_written_and_shown_with_the_name_of_their_language(admin):
    draft, pinned = make_draft(language="de"), make_draft(language="es", status="in_review")

    listed = admin.get(reverse("admin:templates_sync_templatedraft_changelist")).content.decode()
    written = admin.get(_page(draft)).content.decode()
    shown = admin.get(_page(pinned)).content.decode()

    assert "Tedesco" in listed
    assert '<option value="de" selected>Tedesco</option>' in written
    assert "<dd>Spagnolo</dd>" in shown


def _page(draft):
    return reverse("admin:templates_sync_templatedraft_change", args=[draft.pk])
