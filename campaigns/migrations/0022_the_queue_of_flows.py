from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside the sending: an outbox of millions of rows is not locked meanwhile.
    atomic = False

    dependencies = [
        ("campaigns", "0021_what_flows_said_stays"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="outboundmessage",
            index=models.Index(
                condition=models.Q(("campaign__isnull", True), ("lane", 2), ("status", "queued")),
                fields=["template_version", "number", "zone", "due_at", "id"],
                name="outbound_flows_queue",
            ),
        ),
    ]
