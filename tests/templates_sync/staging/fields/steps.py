"""Drafts that need custom fields, and a desk that is come back to whenever it says so."""

from templates_sync.staging.field_calls import advance_fields
from templates_sync.staging.fields import ask_for_fields, fields_of
from tests.conftest import NOW
from tests.factories.drafts import make_draft

BODY = "Ciao %%FIRST_NAME%%, oggi %%PET_NAME%% ha uno sconto e la %%BREED%% anche, evviva!"
EXAMPLES = {"FIRST_NAME": "Ada", "PET_NAME": "Argo", "BREED": "labrador"}


def needing(**changes):
    return make_draft(**{"body": BODY, "examples": EXAMPLES} | changes)


def asked(draft, now=NOW):
    return ask_for_fields(draft=draft, by=draft.author, now=now)


def states(draft, now=NOW):
    return {field.code: field.state for field in fields_of(draft, now=now)}


def to_the_end(fake, clock, *, most=12):
    """Come back whenever the desk says so, until it has nothing left to do."""
    for _ in range(most):
        wait = advance_fields(gateway=fake, clock=clock)
        if wait is None:
            return
        clock.pass_by(wait)
    raise AssertionError("it does not end")


def on_spoki(fake):
    return [row["code"] for row in fake.field_rows.values()]
