"""The token of the Admin API that all processes share until it ends."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class ShopAccess(models.Model):
    """One row per shop. `sealed_token` can only be read with SECRET_KEY; see `orders.access`."""

    domain = models.CharField(max_length=255, unique=True)
    # Another app's token is none of ours: who changes the keys gets a new one.
    client_id = models.CharField(max_length=200)
    sealed_token = models.TextField()
    scopes = ArrayField(models.CharField(max_length=100), default=list)
    ends_at = models.DateTimeField()
    got_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.domain
