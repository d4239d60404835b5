"""An answer that an agent wrote: whose it is, and that one click writes one message."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from audiences.models import Contact
from campaigns.models import OutboundMessage


class Reply(models.Model):
    """`key` comes from the page: the same one again is the same click, whatever the network did."""

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="replies", db_constraint=False
    )
    key = models.UUIDField()
    message = models.OneToOneField(
        OutboundMessage, on_delete=models.CASCADE, related_name="reply", db_constraint=False
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("when"))

    class Meta:
        default_permissions: ClassVar = ("view",)
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contact", "key"], name="one_reply_per_click")
        ]
        indexes: ClassVar = [
            # The look after answers that did not arrive.
            models.Index(fields=["at"], name="reply_latest")
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"
