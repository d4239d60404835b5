from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside the sending: an outbox of millions of rows is not locked meanwhile.
    atomic = False

    dependencies = [
        ("campaigns", "0016_figures_of_each_use"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="outboundmessage",
            index=models.Index(
                condition=models.Q(("campaign__isnull", True), ("template_version__isnull", False)),
                fields=["created_at"],
                name="outbound_outside_campaigns",
            ),
        ),
    ]
