from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside the work, without a lock: the lines are many.
    atomic = False

    dependencies = [
        ("orders", "0003_indexes_for_segments"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="orderline",
            index=models.Index(
                fields=["product_type"], include=("order",), name="order_line_of_type"
            ),
        ),
        RemoveIndexConcurrently(model_name="orderline", name="order_line_by_type"),
    ]
