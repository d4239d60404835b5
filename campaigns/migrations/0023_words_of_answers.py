from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside the sender at work.
    atomic = False
    dependencies = [("campaigns", "0022_the_queue_of_flows")]

    operations = [
        AddIndexConcurrently(
            model_name="outboundmessage",
            index=GinIndex(
                SearchVector("text", config="simple"),
                condition=~models.Q(text=""),
                name="outbound_words",
            ),
        ),
    ]
