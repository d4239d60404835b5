"""A few people of a segment, with what a message could say to each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from audiences import parameters, segments
from audiences.models import Contact

# Every parameter that is no field of the contact, by key; "" where nothing fills it.
Values = dict[str, str]


def sample_of(
    rules: dict[str, Any], *, now: datetime, size: int
) -> Sequence[tuple[Contact, Values]]:
    """The first `size` people of a segment with the values of their orders and carts.

    :raises BrokenSegment: with every problem found.
    """
    first = segments.members(rules, now=now).order_by("pk").values_list("pk", flat=True)
    # Chosen first, or the values would be computed for everybody.
    chosen = Contact.objects.filter(pk__in=list(first[:size]))
    wanted = {key: {"parameter": key} for key in parameters.of_other_floors()}
    shown = chosen.annotate(told=parameters.params_expression(wanted)).order_by("pk")
    return [(contact, contact.told) for contact in shown]
