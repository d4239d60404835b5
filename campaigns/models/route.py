"""Another way out for volume: one of Spoki's automations sends the template for us.

Spoki's help centre recommends it for volume and claims no limit per minute there. It answers
without an identifier: only the webhook that brings our `metadata` back tells what became of a
message. So a route stays off until a probe has seen that happen.
"""

import uuid

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from templates_sync.models import TemplateVersion


class AutomationRoute(models.Model):
    """The automation that sends one template version, and how far we trust it.

    What the automation says is written by people on Spoki: a new version of the template needs a
    route, and a proof, of its own.
    """

    class State(models.TextChoices):
        OFF = "off", pgettext_lazy("route", "Off, not tested")
        PROBING = "probing", pgettext_lazy("route", "Being tested")
        PROVEN = "proven", pgettext_lazy("route", "Tested, off")
        ON = "on", pgettext_lazy("route", "On")
        BROKEN = "broken", pgettext_lazy("route", "Broken")

    # A proof may come late, when nobody waits for it any more. Whatever is changed by hand leads
    # back to off.
    NEXT = {
        State.OFF: {State.PROBING, State.PROVEN},
        State.PROBING: {State.PROVEN, State.OFF, State.BROKEN},
        State.PROVEN: {State.ON, State.PROBING, State.OFF, State.BROKEN},
        State.ON: {State.PROVEN, State.OFF, State.BROKEN},
        State.BROKEN: {State.PROBING, State.OFF},
    }

    version = models.OneToOneField(
        TemplateVersion,
        on_delete=models.PROTECT,
        related_name="automation_route",
        verbose_name=_("template"),
    )
    automation_name = models.CharField(_("automation on Spoki"), max_length=200, blank=True)
    trigger_uuid = models.CharField(
        _("trigger"),
        max_length=64,
        validators=[RegexValidator(r"^[0-9A-Za-z-]{1,64}$")],
        help_text=_("The id in the address of the automation's API trigger: …/wh/ap/<id>/."),
    )
    sealed_secret = models.TextField(editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OFF)
    probed_at = models.DateTimeField(_("last tested"), null=True, editable=False)
    proven_at = models.DateTimeField(_("proven"), null=True, editable=False)
    # A code of `campaigns.reasons`, and when it was met.
    error_code = models.CharField(_("last error"), max_length=40, blank=True, editable=False)
    error_at = models.DateTimeField(null=True, editable=False)
    switched_on_at = models.DateTimeField(null=True, editable=False)
    switched_on_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    changed_at = models.DateTimeField(_("changed"), editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )

    class Meta:
        verbose_name = _("automation route")
        verbose_name_plural = _("automation routes")
        permissions = [
            ("probe_automationroute", "Can test an automation route with a real message"),
            ("switch_automationroute", "Can switch an automation route on and off"),
        ]
        constraints = [
            models.CheckConstraint(
                name="route_state_known",
                condition=Q(state__in=["off", "probing", "proven", "on", "broken"]),
            ),
            models.CheckConstraint(
                name="route_proof_has_a_time",
                condition=~Q(state__in=["proven", "on"]) | Q(proven_at__isnull=False),
            ),
            models.CheckConstraint(
                name="route_is_switched_on_by_somebody",
                condition=~Q(state="on")
                | Q(switched_on_at__isnull=False, switched_on_by__isnull=False),
            ),
            models.CheckConstraint(
                name="route_has_what_starts_it",
                condition=~Q(trigger_uuid="") & ~Q(sealed_secret=""),
            ),
        ]

    def __str__(self) -> str:
        return self.automation_name or str(self.version)

    def __repr__(self) -> str:
        return f"<AutomationRoute {self.pk} {self.state}>"


class RouteProbe(models.Model):
    """One real message to a test phone, and what came back of it; `key` is its `metadata.msg`."""

    class State(models.TextChoices):
        SENDING = "sending", pgettext_lazy("probe", "Being handed to Spoki")
        WAITING = "waiting", pgettext_lazy("probe", "Waiting for the webhook")
        SEEN = "seen", pgettext_lazy("probe", "Came back")
        SILENT = "silent", pgettext_lazy("probe", "Nothing came back")
        FAILED = "failed", pgettext_lazy("probe", "Failed")

    # What was silent may still come back.
    NEXT = {
        State.SENDING: {State.WAITING, State.SEEN, State.SILENT, State.FAILED},
        State.WAITING: {State.SEEN, State.SILENT, State.FAILED},
        State.SILENT: {State.SEEN, State.FAILED},
        State.SEEN: {State.FAILED},
        State.FAILED: set(),
    }

    route = models.ForeignKey(AutomationRoute, on_delete=models.CASCADE, related_name="probes")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # A change of the trigger ends what earlier probes could prove.
    trigger_uuid = models.CharField(max_length=64)
    phone = models.CharField(_("test phone"), max_length=20)
    values = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.SENDING)
    started_at = models.DateTimeField(_("started"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    error_code = models.CharField(max_length=40, blank=True)
    # What the webhook said was sent.
    seen_at = models.DateTimeField(_("came back"), null=True)
    provider_uuid = models.CharField(max_length=64, blank=True)
    provider_status = models.CharField(max_length=20, blank=True)
    seen_text = models.TextField(blank=True)
    seen_template = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("route probe")
        verbose_name_plural = _("route probes")
        constraints = [
            models.CheckConstraint(
                name="probe_state_known",
                condition=Q(state__in=["sending", "waiting", "seen", "silent", "failed"]),
            ),
            models.UniqueConstraint(
                fields=["route"],
                condition=Q(state__in=["sending", "waiting"]),
                name="one_probe_of_a_route_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["route", "-started_at"], name="probe_latest")]

    def __str__(self) -> str:
        return f"probe {self.key.hex[:8]}"


class RouteEvent(models.Model):
    """What happened to a route, and who did it; never changed. Codes, never secrets or phones."""

    route = models.ForeignKey(AutomationRoute, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    # created, changed, probed, proven, not_proven, switched_on, switched_off, broken …
    verb = models.CharField(max_length=30)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    figures = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("route event")
        verbose_name_plural = _("route events")
        indexes = [models.Index(fields=["route", "at"], name="route_event_story")]

    def __str__(self) -> str:
        return f"{self.verb} at {self.at:%d/%m %H:%M}"
