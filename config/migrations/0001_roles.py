"""The four groups and what they may do, there as soon as the tables are.

Django makes permissions only after the last migration; they are made here already, so that a
fresh database can take its people at once. `run_all` brings the groups up to date at each start.
"""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

from config.roles import sync_roles


def make_roles(apps, schema_editor):
    for app in installed.get_app_configs():
        create_permissions(app, verbosity=0, using=schema_editor.connection.alias)
    sync_roles()


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("authtoken", "0004_alter_tokenproxy_options"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("audiences", "0001_contacts_segments_and_snapshots"),
        ("templates_sync", "0002_header_media_and_unreadable"),
        ("campaigns", "0003_quality_set_by_hand"),
        ("orders", "0001_products_orders_and_checkouts"),
        ("conversations", "0001_deliveries_and_messages"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
