"""Templates: read, write, submit to review."""

from dataclasses import replace
from functools import partial
from typing import Any

from spoki.simulator.templates import PLACEHOLDER, Localization, Review, StoredTemplate, button
from spoki.simulator.wire import Answer, Call, Json, Refused, not_found, page_of, wrong
from spoki.simulator.world import World

_CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")
# More variables than this share of the words is refused with spoki::3014.
_MOST_VARIABLES_PER_WORD = 0.5


def list_templates(call: Call) -> Answer:
    search = call.query.get("search", "").lower()
    found = [template for template in call.world.templates.values() if _matches(template, search)]
    return page_of(call, found, StoredTemplate.as_json)


def _matches(template: StoredTemplate, search: str) -> bool:
    if not search:
        return True
    texts = [str(template.id), template.name, *(entry.body for entry in template.localizations)]
    return any(search in text.lower() for text in texts)


def stored(call: Call) -> StoredTemplate:
    template = call.world.templates.get(call.id())
    if template is None:
        raise not_found()
    return template


def get_template(call: Call) -> Answer:
    return Answer(200, stored(call).as_json())


def create_template(call: Call) -> Answer:
    body = call.object_body()
    name, category = body.get("name"), body.get("category")
    if not isinstance(name, str) or not name:
        raise wrong(name="This field is required.")
    if category not in _CATEGORIES:
        raise wrong(category=f'"{category}" is not a valid choice.')
    entries = body.get("templatelocalization_set")
    if not isinstance(entries, list) or not entries:
        raise wrong(templatelocalization_set="This field is required.")
    template = StoredTemplate(
        id=call.world.new_id(),
        name=name,
        category=category,
        localizations=[read_localization(call.world, entry) for entry in entries],
        subcategory=str(body.get("subcategory") or "CLASSIC"),
    )
    call.world.templates[template.id] = template
    return Answer(201, template.as_json())


def update_template(call: Call) -> Answer:
    template, body = stored(call), call.object_body()
    for entry in body.get("templatelocalization_set") or []:
        _update_localization(call.world, template, entry)
    template.name = str(body.get("name") or template.name)
    if body.get("category") in _CATEGORIES:
        template.category = body["category"]
    return Answer(200, template.as_json())


def _update_localization(world: World, template: StoredTemplate, entry: Json) -> None:
    """Any edit needs a new approval, so the language goes back to draft."""
    for index, old in enumerate(template.localizations):
        if entry.get("id") == old.id:
            merged = read_localization(world, entry, old=old)
            template.localizations[index] = merged
            return
    if entry.get("id") is not None:
        raise wrong(templatelocalization_set=f"Unknown localization {entry['id']}.")
    template.localizations.append(read_localization(world, entry))


def read_localization(world: World, entry: Any, *, old: Localization | None = None) -> Localization:
    """Return a draft localization from what a client wrote; `old` keeps what is left out.

    :raises Refused: no language or body, or too many placeholders for the text.
    """
    if not isinstance(entry, dict):
        raise wrong(templatelocalization_set="Expected objects.")
    language = entry.get("language") or (old.language if old else None)
    body = _text(entry, "body") or (old.body if old else None)
    if not language or not body:
        raise wrong(templatelocalization_set="A language and a body are needed.")
    _check_variables(body)
    base = old or Localization(id=world.new_id(), language=language, status="DRAFT", body=body)
    header = entry.get("header_template_component", entry.get("header", base.header))
    return replace(
        base,
        language=language,
        status="DRAFT",
        body=body,
        header=header if isinstance(header, dict) else None,
        footer=_footer(entry, base.footer),
        header_media=entry.get("example_header_media", base.header_media),
        buttons=_buttons(entry, base.buttons),
        examples=entry.get("example_custom_fields", base.examples) or {},
        rejection_reason=None,
        status_updated_at=world.stamp(),
    )


def _text(entry: Json, part: str) -> str | None:
    component = entry.get(f"{part}_template_component", entry.get(part))
    text = component.get("text") if isinstance(component, dict) else component
    return text if isinstance(text, str) and text else None


def _footer(entry: Json, old: str | None) -> str | None:
    """Return the footer: kept where it is not named, taken away where it is named as nothing."""
    is_named = "footer_template_component" in entry or "footer" in entry
    return _text(entry, "footer") if is_named else old


def _check_variables(body: str) -> None:
    count, words = len(PLACEHOLDER.findall(body)), len(PLACEHOLDER.sub("", body).split())
    if count > 1 and count > words * _MOST_VARIABLES_PER_WORD:
        text = "Too many variables for the length of the text."
        raise Refused(400, {"code": "spoki::3014", "detail": text})


def _buttons(entry: Json, old: list[Json]) -> list[Json]:
    given = entry.get("templatebuttoncomponent_set", entry.get("button_set"))
    if not isinstance(given, list):
        return old
    return [
        {**button(order, "quick_reply", ""), **{k: v for k, v in one.items() if v is not None}}
        for order, one in enumerate(given)
    ]


def delete_template(call: Call) -> Answer:
    del call.world.templates[stored(call).id]
    return Answer(204)


def clone_template(call: Call) -> Answer:
    """A GET that writes, as Spoki has it."""
    source, world = stored(call), call.world
    copies = [
        replace(entry, id=world.new_id(), status="DRAFT", rejection_reason=None)
        for entry in source.localizations
    ]
    clone = replace(
        source, id=world.new_id(), name=f"{source.name}_copia", localizations=copies,
        review=Review(), is_favorite=False,
    )  # fmt: skip
    world.templates[clone.id] = clone
    return Answer(200, clone.as_json())


def submit_template(call: Call) -> Answer:
    template, world = stored(call), call.world
    waiting = [entry for entry in template.localizations if entry.state in {"draft", "rejected"}]
    if not waiting:
        raise Refused(400, {"detail": "There is nothing to submit."})
    for entry in waiting:
        if entry.body in world.requested_texts:
            raise Refused(400, {"detail": "A template with this text was already requested."})
    for entry in waiting:
        world.requested_texts.add(entry.body)
        entry.status, entry.status_updated_at = "PENDING", world.stamp()
        world.timeline.after(world.config.review_seconds, partial(review, world, template, entry))
    return Answer(200, template.as_json())


def review(world: World, template: StoredTemplate, entry: Localization) -> None:
    """Decide as Meta would: refuse a body that begins or ends with a variable, may move category."""
    if entry not in template.localizations or entry.state != "pending":
        return
    plan, body = template.review, entry.body.strip()
    outcome, reason = plan.outcome, plan.reason
    if body.startswith("%%") or body.endswith("%%"):
        outcome, reason = "REJECTED", "INVALID_FORMAT"
    entry.status, entry.status_updated_at = outcome, world.stamp()
    entry.rejection_reason = reason if outcome == "REJECTED" else None
    if plan.category and outcome == "APPROVED":
        template.category = plan.category


def back_to_draft(call: Call) -> Answer:
    template = stored(call)
    for entry in template.localizations:
        entry.status, entry.status_updated_at = "DRAFT", call.world.stamp()
        call.world.requested_texts.discard(entry.body)
    return Answer(200, template.as_json())
