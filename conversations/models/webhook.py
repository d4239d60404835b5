"""Our webhooks as they stand on Spoki, at the last look."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class SpokiWebhook(models.Model):
    """One event that Spoki should deliver to us (it has one webhook, with its own secret, per event)."""

    event = models.CharField(_("event"), max_length=60, unique=True)
    spoki_id = models.BigIntegerField(null=True, blank=True)
    url = models.URLField(_("address"), max_length=500, blank=True, default="")
    is_there = models.BooleanField(_("registered"), default=False)
    is_active = models.BooleanField(_("active"), default=False)
    # Recognises the secret that was shown when it was made; the secret itself is kept nowhere.
    secret_digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    checked_at = models.DateTimeField(_("looked at"))

    class Meta:
        default_permissions: ClassVar = ("view",)
        verbose_name = _("webhook on Spoki")
        verbose_name_plural = _("webhooks on Spoki")
        permissions: ClassVar = [("register_spokiwebhook", "Can register our webhooks on Spoki")]

    def __str__(self) -> str:
        return self.event
