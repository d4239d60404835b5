from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index on a table full of orders is built beside the work.
    atomic = False

    dependencies: ClassVar = [
        ("orders", "0017_consents_written_to_shopify"),
    ]

    operations: ClassVar = [
        RemoveIndexConcurrently(model_name="order", name="order_cod_open"),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(
                    ("cancelled_at__isnull", True), ("delivery_state", "pending"), ("is_cod", True)
                ),
                fields=["cod_status", "placed_at"],
                include=("contact",),
                name="order_cod_open",
            ),
        ),
    ]
