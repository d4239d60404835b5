import django.db.models.deletion
from django.db import migrations, models

# The counters agree with the people from the first moment on.
COUNT = """
INSERT INTO campaigns_tierminute (account_id, minute, people)
SELECT t.account_id,
       date_bin(a.day_seconds / 1440 * interval '1 second', t.last_at, 'epoch'), count(*)
FROM campaigns_tierrecipient t JOIN campaigns_spokiaccount a ON a.id = t.account_id
GROUP BY 1, 2
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0005_alerts"),
    ]

    operations = [
        migrations.CreateModel(
            name="TierMinute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("minute", models.DateTimeField()),
                ("people", models.IntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tier_minutes",
                        to="campaigns.spokiaccount",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("account", "minute"), name="tier_minute_once")
                ],
            },
        ),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
