"""What decides who gets what and when: a flow as it was enabled, read back from its version."""

from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta
from typing import Any

from campaigns.flows.translations import translations_of
from campaigns.models import Flow, FlowVersion, Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One wording of a flow. `conditions` {} = everybody; `number` None = the default number."""

    trigger: str
    template_version: int | None
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    number: int | None = None
    delay_minutes: int = 0
    conditions: dict[str, Any] = field(default_factory=dict)
    lane: int = Lane.TRANSACTIONAL
    hours: str = Flow.Hours.TRANSACTIONAL
    holdout_share: float = 0.0
    # Language → version of the same template, for people who speak it.
    translations: dict[str, int] = field(default_factory=dict)

    @property
    def delay(self) -> timedelta:
        return timedelta(minutes=self.delay_minutes)

    @property
    def is_marketing(self) -> bool:
        return self.lane == Lane.MARKETING

    def as_json(self) -> dict[str, Any]:
        """Return it as a version keeps it."""
        return asdict(self)


def plan_of(flow: Flow) -> Plan:
    """Return the flow as it is written now."""
    return Plan(
        trigger=flow.trigger,
        template_version=flow.template_version_id,
        variables=flow.variables,
        number=flow.number_id,
        delay_minutes=flow.delay_minutes,
        conditions=flow.conditions,
        lane=int(flow.lane),
        hours=str(flow.hours),
        holdout_share=float(flow.holdout_share),
        translations=translations_of(flow.template_version),
    )


def plan_from(version: FlowVersion) -> Plan:
    """Return the flow as it was when `version` was enabled."""
    told = version.definition
    return Plan(**{known.name: told[known.name] for known in fields(Plan) if known.name in told})
