"""A draft on its way to Meta, step by step on a clock of its own."""

from templates_sync.staging import submitting
from tests.conftest import NOW
from tests.factories.drafts import make_draft


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def pass_by(self, wait):
        self.now += wait


def started(**changes):
    draft = make_draft(**{"status": "approved"} | changes)
    return submitting.start_submission(draft=draft, by=draft.author, now=NOW)


def advance(draft, fake, clock):
    wait = submitting.advance(draft_id=draft.pk, gateway=fake, clock=clock)
    draft.refresh_from_db()
    return wait


def to_the_end(draft, fake, clock, *, most=12):
    for _ in range(most):
        wait = advance(draft, fake, clock)
        if wait is None:
            return
        clock.pass_by(wait)
    raise AssertionError("it does not end")


def written(fake):
    return [call for call in fake.calls if call in {"create_template", "update_template"}]


def with_fields(**changes):
    return started(
        body="Ciao %%FIRST_NAME%%, oggi %%PET_NAME%% ha uno sconto e la %%BREED%% anche, evviva!",
        examples={"FIRST_NAME": "Ada", "PET_NAME": "Argo", "BREED": "labrador"},
        **changes,
    )
