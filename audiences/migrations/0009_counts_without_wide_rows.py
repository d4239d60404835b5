from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index on a table full of people is built beside the work.
    atomic = False

    dependencies: ClassVar = [
        ("audiences", "0008_names_can_be_looked_for"),
    ]

    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", True)),
                fields=["id"],
                include=(
                    "phone",
                    "can_receive_whatsapp",
                    "has_invalid_phone",
                    "is_blocked",
                    "marketing_consent",
                ),
                name="contact_judged",
            ),
        ),
    ]
