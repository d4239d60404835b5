"""How far a campaign may go by now, and how its figures were last judged."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign


class Rollout(models.Model):
    """The shares in which a campaign leaves: the first one, the steps of the ramp, then the rest.

    A campaign without a first share is OPEN from its start. HELD means that the share went badly or
    could not be judged: only a person goes on from there.
    """

    class Phase(models.TextChoices):
        SENDING = "sending", _("The share is going out")
        WATCHING = "watching", _("The share is out and watched")
        HELD = "held", _("Held for a person")
        OPEN = "open", _("Open to everybody")

    # The legal moves; each is a conditional UPDATE that names the phase it leaves.
    NEXT = {
        Phase.SENDING: {Phase.WATCHING},
        Phase.WATCHING: {Phase.SENDING, Phase.HELD, Phase.OPEN},
        Phase.HELD: {Phase.SENDING, Phase.OPEN},
        Phase.OPEN: set(),
    }

    class Level(models.TextChoices):
        """What the rules said at the last look."""

        UNJUDGED = "", _("Too few sent to judge")
        GOOD = "good", _("Good")
        WATCH = "watch", _("To be watched")
        STOP = "stop", _("Bad: stopped")

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="rollout")
    phase = models.CharField(max_length=10, choices=Phase)
    # So many people may have been written to by now, whatever became of it; None = everybody.
    most = models.PositiveIntegerField(null=True)
    moved_at = models.DateTimeField()
    judge_at = models.DateTimeField(null=True)
    # Rows under a lease at the last claim: they may start any moment, so they count as started.
    reserved = ArrayField(models.BigIntegerField(), default=list)
    # Those of them that had begun to leave before, and came back.
    again = ArrayField(models.BigIntegerField(), default=list)
    # How many had ever begun to leave at that claim; None = not counted yet.
    begun = models.PositiveIntegerField(null=True)

    # Only what left after this moment is judged: a person has seen and accepted what came before.
    judged_from = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)
    level = models.CharField(max_length=5, choices=Level, blank=True, default=Level.UNJUDGED)
    # What was above a threshold: a list of `{"code", "count", "of", "percent", "limit"}`.
    findings = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="rollout_phase_known",
                condition=Q(phase__in=["sending", "watching", "held", "open"]),
            ),
            models.CheckConstraint(
                name="rollout_level_known", condition=Q(level__in=["", "good", "watch", "stop"])
            ),
            models.CheckConstraint(
                name="rollout_open_has_no_bound",
                condition=Q(phase="open", most__isnull=True)
                | (~Q(phase="open") & Q(most__isnull=False, most__gte=1)),
            ),
            models.CheckConstraint(
                name="rollout_watched_until",
                condition=Q(phase="watching", judge_at__isnull=False, judge_at__gte=F("moved_at"))
                | (~Q(phase="watching") & Q(judge_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"rollout of {self.campaign_id}: {self.phase}"
