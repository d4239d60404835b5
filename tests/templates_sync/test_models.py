"""What the database itself refuses of templates and versions."""

import pytest
from django.db import IntegrityError
from django.db.utils import ProgrammingError

from templates_sync.models import TemplateVersion
from tests.conftest import NOW
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("body", "Altro testo"),
        ("header", {"format": "text", "text": "Nuovo"}),
        ("footer", "Nuovo"),
        ("buttons", [{"text": "Si"}]),
        ("variables", ["CODE"]),
        ("content_hash", "0" * 64),
        ("number", 7),
        ("requested_category", "utility"),
    ],
)
def test_the_content_of_a_version_cannot_be_edited(column, value):
    version = make_version()

    with pytest.raises(ProgrammingError, match="Cannot update rows"):
        TemplateVersion.objects.filter(pk=version.pk).update(**{column: value})


def test_what_the_provider_says_of_a_version_may_change():
    version = make_version()

    TemplateVersion.objects.filter(pk=version.pk).update(status="paused", category="utility")

    version.refresh_from_db()
    assert (version.status, version.category) == ("paused", "utility")


def test_a_template_has_one_version_in_force():
    version = make_version()

    with pytest.raises(IntegrityError, match="one_current_version_per_template"):
        make_version(template=version.template, number=2)


def test_a_template_exists_once_per_language():
    template = make_template()

    with pytest.raises(IntegrityError, match="template_per_language"):
        make_template(spoki_id=template.spoki_id)


def test_a_status_outside_the_list_is_refused():
    with pytest.raises(IntegrityError, match="version_status_is_known"):
        make_version(status="whatever")


def test_current_leaves_out_superseded_versions_and_templates_that_are_gone():
    old = make_version(superseded_at=NOW)
    current = make_version(template=old.template, number=2)
    make_version(template=make_template(gone_at=NOW))

    assert list(TemplateVersion.objects.current()) == [current]
    assert old.template.current_version == current
