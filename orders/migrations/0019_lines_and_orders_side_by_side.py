from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index on a table full of orders is built beside the work.
    atomic = False

    dependencies: ClassVar = [
        ("orders", "0018_open_questions_by_index_alone"),
    ]

    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("cancelled_at__isnull", True)),
                fields=["id"],
                include=("contact", "placed_at"),
                name="order_by_number",
            ),
        ),
        RemoveIndexConcurrently(model_name="orderline", name="order_line_of_type"),
        AddIndexConcurrently(
            model_name="orderline",
            index=models.Index(fields=["product_type", "order"], name="order_line_of_type"),
        ),
    ]
