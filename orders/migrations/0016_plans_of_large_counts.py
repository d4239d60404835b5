from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

# An order has two or three lines. Of millions PostgreSQL reads a sample and takes them for seven each,
# so that a count of who bought something would hold all orders in memory instead of the few lines.
LINES_PER_ORDER = "ALTER TABLE orders_orderline ALTER COLUMN order_id SET (n_distinct = -0.4)"
AS_SAMPLED = "ALTER TABLE orders_orderline ALTER COLUMN order_id RESET (n_distinct)"


class Migration(migrations.Migration):
    # An index on a table full of orders is built beside the work.
    atomic = False

    dependencies: ClassVar = [
        ("orders", "0015_privacy_requests"),
    ]

    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                fields=["contact", "placed_at"],
                include=("cancelled_at",),
                name="order_of_contact",
            ),
        ),
        RemoveIndexConcurrently(model_name="order", name="order_contact_placed"),
        migrations.RunSQL(LINES_PER_ORDER, AS_SAMPLED),
    ]
