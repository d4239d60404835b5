from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0002_conversations_replies_media_and_history"),
    ]

    operations = [
        migrations.AddField(
            model_name="spokiwebhook",
            name="secret_digest",
            field=models.CharField(blank=True, default="", editable=False, max_length=64),
        ),
    ]
