from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    # Built beside the work, without a lock: the messages are many.
    atomic = False

    dependencies = [
        ("campaigns", "0017_index_of_what_leaves_outside_campaigns"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="outboundmessage",
            index=BrinIndex(
                autosummarize=True,
                fields=["sending_at"],
                name="outbound_lately",
                pages_per_range=16,
            ),
        ),
    ]
