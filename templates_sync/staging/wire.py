"""A wording as Spoki takes it."""

from __future__ import annotations

import spoki
from templates_sync.wording import MEDIA_HEADERS, Wording, examples_for


def to_spoki(wording: Wording, *, localization_id: int | None = None) -> spoki.TemplateDraft:
    """Return `wording` as Spoki takes it; `localization_id` addresses a language it has already."""
    header = wording.header
    return spoki.TemplateDraft(
        name=wording.name,
        category=wording.category.upper(),
        localizations=[
            spoki.LocalizationDraft(
                id=localization_id,
                language=wording.language,
                header=spoki.Component(text=header["text"], format=header["format"])
                if header
                else None,
                body=wording.body,
                footer=wording.footer or None,
                buttons=[
                    spoki.Button(
                        kind=button.type,
                        text=button.text,
                        order=order,
                        url=button.url or None,
                        phone_number=button.phone or None,
                    )
                    for order, button in enumerate(wording.buttons)
                ],
                examples=examples_for(wording.variables, wording.examples),
                header_media=spoki.Media(url=wording.header_media)
                if wording.header_format in MEDIA_HEADERS
                else None,
            )
        ],
    )
