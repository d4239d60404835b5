from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside the sender at work: nobody waits for millions of rows to be read.
    atomic = False
    dependencies = [("campaigns", "0013_what_a_share_has_begun")]

    operations = [
        AddIndexConcurrently(
            model_name="outboundmessage",
            index=models.Index(
                condition=models.Q(("status", "sending")),
                fields=["sending_at"],
                name="outbound_in_flight",
            ),
        ),
        AddIndexConcurrently(
            model_name="outboundmessage",
            index=models.Index(
                condition=models.Q(
                    ("provider_id", ""), ("provider_uuid__isnull", True), ("status", "accepted")
                ),
                fields=["sending_at"],
                name="outbound_silent",
            ),
        ),
        AddIndexConcurrently(
            model_name="outboundmessage",
            index=models.Index(
                condition=models.Q(
                    ("sending_at__isnull", False), ("status__in", ["queued", "skipped", "expired"])
                ),
                fields=["campaign"],
                name="outbound_came_back",
            ),
        ),
        RemoveIndexConcurrently(model_name="outboundmessage", name="outbound_unsettled"),
    ]
