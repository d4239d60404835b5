"""What may be kept in jsonb: asked of PostgreSQL itself."""

import json

import pytest
from django.db import DataError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.storable import is_storable

texts = st.text(st.sampled_from("a\\u0\0\ud800é\n"), max_size=8)
anything = texts | st.lists(texts, max_size=2) | st.dictionaries(texts, texts, max_size=2)


def is_taken(data):
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::jsonb", [json.dumps(data)])
    except DataError:
        return False
    return True


@pytest.mark.django_db
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=anything)
def test_what_is_called_storable_is_what_the_database_takes(data):
    assert is_storable(data) == is_taken(data)
