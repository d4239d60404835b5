"""What tests of the client share: the address, the envelope of lists, and what was asked."""

import json

from tests.spoki.conftest import BASE

API = f"{BASE}/api/1"


def envelope(*rows, following=None):
    return {"count": 9, "next": following, "previous": None, "results": list(rows)}


def asked(stub):
    return [(call.request.method, call.request.url.removeprefix(API)) for call in stub.calls]


def body_of(call):
    return json.loads(call.request.body)
