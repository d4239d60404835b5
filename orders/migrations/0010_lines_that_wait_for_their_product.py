from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside the work, without a lock: the lines are many.
    atomic = False

    dependencies = [
        ("orders", "0009_versions_refunds_returns"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="orderline",
            index=models.Index(
                condition=models.Q(("product", None), ("product_shopify_id__isnull", False)),
                fields=["product_shopify_id"],
                name="order_line_waits",
            ),
        ),
    ]
