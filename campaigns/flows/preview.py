"""What a flow would do, shown while it is written: its sentence, the message, what stands against it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from campaigns.flows import triggers
from campaigns.flows.blockers import enable_blockers
from campaigns.flows.trial import trial_values
from campaigns.flows.words import flow_in_words, lasts_in_words
from campaigns.models import Flow
from campaigns.rates import price_at_home
from campaigns.refusals import Blocker
from templates_sync.prices import Price
from templates_sync.rendering import bubble_html


@dataclass(frozen=True, slots=True)
class FlowPreview:
    """`bubble` and `price` (euro per delivered message) are None while no template is chosen.

    `lasts` says for how long it is news; empty = it never grows old.
    """

    sentence: str
    blockers: tuple[Blocker, ...]
    bubble: SafeString | None
    price: Price | None
    lasts: str


def preview_flow(flow: Flow, *, now: datetime) -> FlowPreview:
    """Return the preview of `flow`, saved or still in a form, filled with the template's examples."""
    version = flow.template_version
    trigger = triggers.find(flow.trigger)
    return FlowPreview(
        sentence=flow_in_words(flow),
        blockers=tuple(enable_blockers(flow, now=now)),
        bubble=bubble_html(version, trial_values(flow)) if version else None,
        price=price_at_home(version.category, now) if version else None,
        lasts=lasts_in_words(trigger.lasts) if trigger and trigger.lasts else "",
    )
