"""Whatever is sent to the API, it answers: never a crash, and never what the schema does not say.

Requests are made from the schema itself, those it allows and those it does not, on objects that
exist and on objects that do not. Each one is undone before the next.
"""

import json
from itertools import product

import pytest
import requests
import schemathesis
from django.db import transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.authtoken.models import Token
from schemathesis import GenerationMode

from config.roles import ADMIN
from spoki.fake import FakeSpoki
from tests.factories.audiences import make_contact, make_segment
from tests.factories.campaigns import make_campaign, make_message
from tests.factories.conversations import make_inbound, make_reply
from tests.factories.flows import make_flow
from tests.factories.orders import make_order
from tests.factories.people import make_member
from tests.factories.templates import make_version

EXAMPLES = 20


def read_schema():
    found = SchemaGenerator().get_schema(request=None, public=True)
    return schemathesis.openapi.from_dict(json.loads(json.dumps(found, default=str)))


SCHEMA = read_schema()
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}


def fake_gateway():
    """An account that has a template: one without any is taken for another's, and the read fails."""
    fake = FakeSpoki()
    fake.add_template()
    return fake


@pytest.fixture
def world(db, settings):
    """Return the numbers of the objects of each resource, by the resource's name."""
    settings.SPOKI_GATEWAY = f"{__name__}.fake_gateway"
    version = make_version()
    draft = make_campaign(template_version=version)
    running = make_campaign(template_version=version, status="sending")
    make_message(campaign=running)
    asked = make_inbound()
    make_reply(contact=asked.contact)
    return {
        "campaigns": [draft.pk, running.pk],
        "flows": [make_flow().pk, make_flow(enabled=True).pk],
        "contacts": [make_contact().pk],
        "conversations": [asked.contact_id],
        "orders": [make_order().pk],
        "segments": [make_segment().segment.pk],
        "templates": [version.template_id],
    }


def cases_of(operation, world):
    """Requests that the schema allows and that it does not, on what exists and what does not."""
    resource = operation.path.split("/")[3]
    numbers = world[resource] if "{id}" in operation.path else []
    paths = [None, *({"id": number} for number in numbers)]
    return st.one_of(
        [
            operation.as_strategy(generation_mode=mode, path_parameters=path)
            for mode, path in product(GenerationMode, paths)
        ]
    )


def send(case, token):
    """Send it within this process; what crashes is raised."""
    wire = requests.Request(**case.as_transport_kwargs(base_url="http://localhost")).prepare()
    return Client().generic(
        case.method,
        wire.path_url,
        data=wire.body or b"",
        content_type=wire.headers.get("Content-Type", "application/json"),
        headers={"Authorization": f"Token {token}"},
    )


def is_by_field(errors):
    """Tell whether `errors` are field → list of messages, nested where the field is."""
    return isinstance(errors, dict) and all(
        isinstance(told, list | dict) for told in errors.values()
    )


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_no_input_breaks_an_operation(world, label):
    token = Token.objects.create(user=make_member(ADMIN)).key

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases_of(OPERATIONS[label], world))
    def answers(case):
        with transaction.atomic():
            response = send(case, token)
            transaction.set_rollback(True)
        assert response.status_code < 500, response.content
        if response.status_code >= 400 and "json" in response.headers.get("Content-Type", ""):
            assert is_by_field(response.json()), response.content

    answers()
