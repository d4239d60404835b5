from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index on a table full of orders is built beside the work.
    atomic = False

    dependencies: ClassVar = [
        ("orders", "0012_rounds_questions_and_steps_for_good"),
    ]

    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("cod_question_at__isnull", False)),
                fields=["cod_question_at"],
                name="order_cod_question",
            ),
        ),
    ]
