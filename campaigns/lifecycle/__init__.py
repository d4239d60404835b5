"""The moves of a campaign: each is one service, under the row's lock, written in its story."""

from campaigns.lifecycle.launching import (
    claim_launch,
    finish_launch,
    give_up_launch,
    is_large,
    launch_campaign,
    recover_stuck_launches,
)
from campaigns.lifecycle.review import (
    approve_campaign,
    reject_campaign,
    return_to_draft,
    submit_campaign,
)
from campaigns.lifecycle.running import (
    cancel_campaign,
    continue_campaign,
    pause_campaign,
    resume_campaign,
)

__all__ = [
    "approve_campaign",
    "cancel_campaign",
    "claim_launch",
    "continue_campaign",
    "finish_launch",
    "give_up_launch",
    "is_large",
    "launch_campaign",
    "pause_campaign",
    "recover_stuck_launches",
    "reject_campaign",
    "resume_campaign",
    "return_to_draft",
    "submit_campaign",
]
