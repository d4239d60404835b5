"""The row behind a task: what a developer would write who sends one message per task."""

import uuid

from django.db import models


class Message(models.Model):
    # Said aloud, since the house's own settings do not know this app.
    objects: models.Manager["Message"] = models.Manager()

    key = models.UUIDField(default=uuid.uuid4, unique=True)
    phone = models.CharField(max_length=20)
    params = models.JSONField(default=dict)
    is_sent = models.BooleanField(default=False)
    sent_at = models.DateTimeField(null=True)
    provider_uuid = models.CharField(max_length=64, default="")

    class Meta:
        app_label = "competitors"

    def __str__(self) -> str:
        return f"message {self.pk}"
