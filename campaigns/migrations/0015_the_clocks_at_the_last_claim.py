import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0014_indexes_of_the_few_that_are_open")]

    operations = [
        migrations.CreateModel(
            name="ClockReading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("boot", models.CharField(blank=True, max_length=64)),
                ("since_boot", models.FloatField()),
                ("wall", models.FloatField()),
                ("took", models.FloatField()),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="campaigns.spokiaccount",
                    ),
                ),
            ],
        ),
    ]
