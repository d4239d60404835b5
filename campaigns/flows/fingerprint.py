"""What enabling binds: everything that decides who receives what and when."""

import hashlib
import json

from campaigns.flows.plan import plan_of
from campaigns.models import Flow
from campaigns.single import default_number


def fingerprint(flow: Flow) -> str:
    """Return 64 hex digits that change with anything that whoever enables it looked at.

    Bound are content and category of the template version and which others speak other languages,
    the values, what sets it off and when,
    the conditions, lane and hours, the control group and the number.
    """
    version = flow.template_version
    bound = {
        **plan_of(flow).as_json(),
        "content": version.content_hash if version else "",
        "category": version.category if version else "",
        "number": flow.number_id or _default_number(),
    }
    canonical = json.dumps(bound, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _default_number() -> int | None:
    default = default_number()
    return default.pk if default else None
