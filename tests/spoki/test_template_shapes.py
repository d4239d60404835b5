"""Templates in every shape that has been seen."""

from datetime import UTC, datetime

import pytest

from spoki import (
    Button,
    Component,
    LocalizationDraft,
    Media,
    SpokiProtocolError,
    Template,
    TemplateDraft,
    TemplateStatus,
    placeholders,
    template_status,
)
from spoki.fake import template_payload


def localized(**changes):
    """Return a template whose one localization has these changes; a value `...` leaves a key out."""
    payload = template_payload()
    localization = {**payload["templatelocalization_set"][0], **changes}
    kept = {key: value for key, value in localization.items() if value is not ...}
    return {**payload, "templatelocalization_set": [kept]}


def only(payload):
    (localization,) = Template.from_payload(payload).localizations
    return localization


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("DRAFT", "draft"),
        ("pending", "pending"),
        ("Review", "pending"),
        ("IN_REVIEW", "pending"),
        ("queued", "pending"),
        ("APPROVED", "approved"),
        ("Rejected", "rejected"),
        ("PAUSED", "paused"),
        ("disabled", "disabled"),
        (0, "draft"),
        (1, "pending"),
        (2, "approved"),
        (3, "rejected"),
        (4, "approved"),
        ("2", "approved"),
        ("FLAGGED", "unknown"),
        (9, "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        (True, "unknown"),
        ({}, "unknown"),
    ],
)
def test_every_word_and_number_of_status_has_our_name(raw, status):
    assert template_status(raw) is TemplateStatus(status)


def test_a_template_is_read_whole():
    template = Template.from_payload(
        template_payload(
            id=1001,
            name="saldi",
            body="Ciao %%FIRST_NAME%%, usa %%CODE%% entro oggi.",
            header="Saldi",
            footer="Zampa",
            buttons=[{"button_type": "quick_reply", "text": "Stop", "order": 0}],
        )
    )

    assert (template.id, template.name, template.category) == (1001, "saldi", "MARKETING")
    assert template.is_approved
    assert template.customfields == ("FIRST_NAME", "CODE")
    assert template.subcategory == "CLASSIC"
    assert template.status is None
    assert template.problems == ()


def test_a_localization_is_read_whole():
    localization = only(
        localized(
            id="77",
            language="IT",
            status="Rejected",
            rejection_reason="INVALID_FORMAT",
            rejection_recommendation="Shorten it",
            status_updated_at="2026-09-21T12:00:00Z",
            header_template_component={"format": "Image", "text": None},
            example_header_media={
                "media": "https://files.test/h.jpg",
                "content_type": "image/jpeg",
            },
            default_header_media="https://files.test/d.jpg",
            templatecarouselcomponent_set=[{}],
        )
    )

    assert (localization.id, localization.language) == (77, "it")
    assert (localization.status, localization.status_word) == ("rejected", "Rejected")
    assert localization.rejection_reason == "INVALID_FORMAT · Shorten it"
    assert localization.status_changed_at == datetime(2026, 9, 21, 12, tzinfo=UTC)
    assert localization.header == Component(text="", format="image")
    assert localization.header_media == Media("https://files.test/h.jpg", content_type="image/jpeg")
    assert localization.default_header_media == Media("https://files.test/d.jpg")
    assert localization.has_carousel
    assert localization.examples == {"FIRST_NAME": "Esempio"}


def test_the_parts_of_a_localization_have_shorter_names_too():
    localization = only(
        localized(
            header_template_component=...,
            body_template_component=...,
            footer_template_component=...,
            templatebuttoncomponent_set=...,
            header={"format": "TEXT", "text": "Saldi"},
            body={"text": "Ciao"},
            footer={"text": "Zampa"},
            button_set=[{"button_type": "URL", "text": "Apri", "url": "https://zampa.test"}],
        )
    )

    assert localization.header == Component("Saldi", "text")
    assert localization.body == Component("Ciao")
    assert localization.footer == Component("Zampa")
    assert localization.buttons == (Button("url", "Apri", 0, "https://zampa.test"),)


def test_the_long_names_win_over_the_short_ones():
    assert (
        only(localized(body_template_component={"text": "A"}, body={"text": "B"})).body.text == "A"
    )


def test_a_body_may_be_a_plain_string():
    assert only(localized(body_template_component=..., body="Ciao")).body == Component("Ciao")


def test_a_flat_template_is_its_own_only_language():
    payload = {
        "id": 5,
        "name": "saldi",
        "language": "IT",
        "status": 2,
        "body": "Ciao %%NAME%%",
        "customfield_set": [{"key": "NAME"}],
    }

    template = Template.from_payload(payload)

    assert template.status is TemplateStatus.APPROVED
    assert template.customfields == ("NAME",)
    assert only(payload).language == "it"
    assert only(payload).status is TemplateStatus.APPROVED
    assert only(payload).id is None


def test_buttons_come_in_their_order():
    buttons = [
        {"button_type": "call", "text": "Chiama", "order": 1, "phone_number": "+390000000000"},
        {"button_type": "quick_reply", "text": "Stop", "order": 0},
    ]

    read = only(localized(templatebuttoncomponent_set=buttons)).buttons

    assert [(button.kind, button.text) for button in read] == [
        ("quick_reply", "Stop"),
        ("call", "Chiama"),
    ]
    assert read[1].phone_number == "+390000000000"


def test_field_codes_come_as_strings_or_as_objects():
    codes = ["A", "%%B%%", {"key": "C"}, {"code": "%%D%%"}, {"name": "E"}, "A", "", None, {}]

    template = Template.from_payload(template_payload(customfield_set=codes))

    assert template.customfields == ("A", "B", "C", "D", "E")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"language": None}, "templatelocalization_set[0].language"),
        ({"body_template_component": None}, "templatelocalization_set[0].body_template_component"),
        (
            {"body_template_component": ["Ciao"]},
            "templatelocalization_set[0].body_template_component",
        ),
        (
            {"body_template_component": {"text": 7}},
            "templatelocalization_set[0].body_template_component.text",
        ),
        (
            {"templatebuttoncomponent_set": ["Stop"]},
            "templatelocalization_set[0].templatebuttoncomponent_set",
        ),
    ],
)
def test_a_language_of_an_unknown_shape_is_a_named_problem_of_its_template(changes, problem):
    template = Template.from_payload(localized(**changes))

    assert template.localizations == ()
    assert template.problems == (problem,)
    assert template.raw["id"] == template.id


def test_one_broken_language_does_not_hide_the_others():
    payload = template_payload()
    payload["templatelocalization_set"].append({"language": "en"})

    template = Template.from_payload(payload)

    assert [item.language for item in template.localizations] == ["it"]
    assert template.problems == ("templatelocalization_set[1].body_template_component",)


def test_languages_that_are_no_list_are_a_problem():
    template = Template.from_payload(template_payload(templatelocalization_set={"it": {}}))

    assert template.problems == ("templatelocalization_set",)


def test_a_template_without_languages_is_read():
    assert Template.from_payload({"id": 1, "name": "a"}).localizations == ()


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ([], "template"),
        ({"name": "a"}, "template.id"),
        ({"id": "x", "name": "a"}, "template.id"),
        ({"id": 1}, "template.name"),
    ],
)
def test_a_template_without_id_or_name_is_of_an_unknown_shape(payload, field):
    with pytest.raises(SpokiProtocolError) as refusal:
        Template.from_payload(payload)

    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("value", "is_approved"),
    [(True, True), ("true", True), (False, False), (None, False), ("?", False)],
)
def test_only_a_clear_yes_is_an_approval(value, is_approved):
    assert Template.from_payload(template_payload(is_approved=value)).is_approved is is_approved


def test_placeholders_are_listed_once_and_in_order():
    text = "%%B%% %%_A1%% 100%% %%B%% %%lower%% %%FIRST_NAME%%"

    assert placeholders(text) == ("B", "_A1", "FIRST_NAME")


def test_a_draft_is_written_without_a_status_and_without_what_it_lacks():
    draft = TemplateDraft(
        name="saldi",
        category="MARKETING",
        localizations=[LocalizationDraft(language="it", body="Ciao")],
    )

    assert draft.to_payload() == {
        "name": "saldi",
        "category": "MARKETING",
        "subcategory": "CLASSIC",
        "templatelocalization_set": [
            {
                "language": "it",
                "body_template_component": {"format": None, "text": "Ciao"},
                "templatebuttoncomponent_set": [],
                "example_custom_fields": {},
            }
        ],
    }


def test_a_full_draft_is_read_back_as_it_was_written():
    buttons = (
        Button("url", "Apri", 0, "https://zampa.test/%%CODE%%"),
        Button("call", "Chiama", 1, phone_number="+390000000000"),
    )
    draft = LocalizationDraft(
        id=9,
        language="it",
        body="Ciao %%NAME%%!",
        header=Component(format="image"),
        footer="Zampa",
        buttons=buttons,
        examples={"NAME": "Ada"},
        header_media=Media("https://files.test/h.jpg", "h.jpg"),
    )

    read = only({**template_payload(), "templatelocalization_set": [draft.to_payload()]})

    assert (read.id, read.body.text, read.footer.text) == (9, "Ciao %%NAME%%!", "Zampa")
    assert read.header == draft.header
    assert read.buttons == buttons
    assert (read.examples, read.header_media) == (draft.examples, draft.header_media)
