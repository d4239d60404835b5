import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0012_shares_and_settlements")]

    operations = [
        migrations.AddField(
            model_name="rollout",
            name="again",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="rollout",
            name="begun",
            field=models.PositiveIntegerField(null=True),
        ),
    ]
