"""Rule trees: read, checked, put into words, and compiled to one query over contacts.

`{"v": 1, "groups": [{"mode": "all" | "any" | "none", "rules": [[key, operator, value], …]}, …]}`: a contact is
in the segment when every group holds. No group means nobody. Anything that cannot be read breaks the whole
segment: a rule is never dropped, because without it the segment would be wider.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import BooleanField, Q, QuerySet, Value
from django.utils.translation import gettext as _

from audiences.conditions import Condition, InvalidRule, find
from audiences.models import Contact, Segment, SegmentVersion
from audiences.segment_usage import users_of
from audiences.storable import is_storable

NOBODY = Q(Value(False, output_field=BooleanField()))
# Conditions that only one kind of reader offers, by key: a flow those of the thing that happened.
Own = Mapping[str, Condition]
MODES = ("all", "any", "none")
MAX_GROUPS = 10
MAX_RULES = 30


class BrokenSegment(Exception):
    """The rules cannot be used; `problems` has one sentence per wrong rule."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class SegmentInUse(Exception):
    """The rules may not change now; `users` are the names of what was prepared with them."""

    def __init__(self, users: list[str]) -> None:
        super().__init__(
            _("%(users)s: prepared with these conditions. Save the change as a copy.")
            % {"users": ", ".join(users)}
        )
        self.users = users


@dataclass(frozen=True, slots=True)
class Rule:
    condition: Condition
    op: str
    value: Any

    def q(self, now: datetime) -> Q:
        return self.condition.build(self.op, self.value, now)

    def as_json(self) -> list[Any]:
        return [self.condition.key, self.op, self.value]

    def vanished(self) -> str | None:
        """Say what the rule names that no longer exists."""
        gone = self.condition.vanished
        return gone(self.value) if gone is not None else None


@dataclass(frozen=True, slots=True)
class Group:
    mode: str
    rules: tuple[Rule, ...]

    def q(self, now: datetime) -> Q:
        parts = [rule.q(now) for rule in self.rules]
        combined = parts[0]
        for part in parts[1:]:
            combined = combined & part if self.mode == "all" else combined | part
        return ~combined if self.mode == "none" else combined


def parse(rules: Any, *, own: Own | None = None) -> list[Group]:
    """:raises BrokenSegment: with a sentence for every wrong group and rule."""
    problems: list[str] = []
    _refuse_unstorable(rules)
    groups = [
        _parse_group(number, raw, problems, own or {})
        for number, raw in enumerate(_raw_groups(rules), 1)
    ]
    if problems:
        raise BrokenSegment(problems)
    return groups


def canonical(rules: Any, *, own: Own | None = None) -> dict[str, Any]:
    """The tree as it is stored: the same meaning is always the same JSON.

    :raises BrokenSegment: with every problem found, vanished tags and attributes included.
    """
    groups = parse(rules, own=own)
    _refuse_vanished(groups)
    return {
        "v": 1,
        "groups": [
            {"mode": group.mode, "rules": [rule.as_json() for rule in group.rules]}
            for group in groups
        ],
    }


def compile(rules: Any, *, now: datetime, own: Own | None = None) -> Q:
    """The contacts meant by the tree.

    :raises BrokenSegment: with every problem found.
    """
    groups = parse(rules, own=own)
    _refuse_vanished(groups)
    if not groups:
        return NOBODY
    combined = groups[0].q(now)
    for group in groups[1:]:
        combined &= group.q(now)
    return combined


def problems_of(rules: Any, *, own: Own | None = None) -> list[str]:
    """Sentences that say why the tree cannot be used today; empty when it can."""
    try:
        _refuse_vanished(parse(rules, own=own))
    except BrokenSegment as broken:
        return broken.problems
    return []


def members(rules: Any, *, now: datetime) -> QuerySet[Contact]:
    """:raises BrokenSegment: with every problem found."""
    # A contact that was merged into another is nobody any more.
    return Contact.objects.filter(compile(rules, now=now), merged_into__isnull=True)


def describe(rules: Any, *, own: Own | None = None) -> str:
    """The tree as one sentence in the active language; a broken one says why."""
    try:
        groups = parse(rules, own=own)
    except BrokenSegment as broken:
        return str(broken)
    if not groups:
        return _("Nobody: there are no conditions yet.")
    said = "; ".join(_describe_group(group) for group in groups)
    return f"{said[:1].upper()}{said[1:]}."


def save_segment(
    *, name: str, rules: Any, by: User | None, segment: Segment | None = None
) -> SegmentVersion:
    """Create a segment, or write a new version of `segment`; the same rules again make no new version.

    :raises BrokenSegment: with every problem found.
    :raises SegmentInUse: something was prepared with the present rules: change a copy.
    """
    tree = canonical(rules)
    with transaction.atomic():
        if segment is None:
            segment = Segment.objects.create(name=name, created_by=by)
            return segment.versions.create(number=1, rules=tree, created_by=by)
        segment = Segment.objects.select_for_update().get(pk=segment.pk)
        if segment.name != name:
            segment.name = name
            segment.save(update_fields=["name", "updated_at"])
        latest = segment.versions.order_by("-number").first()
        if latest is not None and latest.rules == tree:
            return latest
        if users := users_of(segment):
            raise SegmentInUse(users)
        number = latest.number + 1 if latest else 1
        return segment.versions.create(number=number, rules=tree, created_by=by)


def _refuse_unstorable(rules: Any) -> None:
    if not is_storable(rules):
        raise BrokenSegment([_("The rules contain characters that cannot be stored.")])


def _raw_groups(rules: Any) -> list[Any]:
    if not isinstance(rules, dict) or rules.get("v") != 1:
        raise BrokenSegment([_("The rules must be an object with “v”: 1 and “groups”.")])
    unknown = set(rules) - {"v", "groups"}
    if unknown:
        raise BrokenSegment([_("Unknown field: %(name)s.") % {"name": ", ".join(sorted(unknown))}])
    groups = rules.get("groups")
    if not isinstance(groups, list):
        raise BrokenSegment([_("“groups” must be a list.")])
    if len(groups) > MAX_GROUPS:
        raise BrokenSegment([_("Too many groups: at most %(max)s.") % {"max": MAX_GROUPS}])
    return groups


def _parse_group(number: int, raw: Any, problems: list[str], own: Own) -> Group:
    where = _("Group %(number)s") % {"number": number}
    if not isinstance(raw, dict) or set(raw) != {"mode", "rules"}:
        problems.append(_("%(where)s: write “mode” and “rules”.") % {"where": where})
        return Group("all", ())
    if raw["mode"] not in MODES:
        problems.append(_("%(where)s: the mode is all, any or none.") % {"where": where})
    if not isinstance(raw["rules"], list) or not raw["rules"]:
        problems.append(_("%(where)s has no conditions.") % {"where": where})
        return Group("all", ())
    if len(raw["rules"]) > MAX_RULES:
        problems.append(
            _("%(where)s: at most %(max)s conditions.") % {"where": where, "max": MAX_RULES}
        )
        return Group("all", ())
    return Group(raw["mode"], tuple(_parse_rules(where, raw["rules"], problems, own)))


def _parse_rules(where: str, raw: list[Any], problems: list[str], own: Own) -> Iterator[Rule]:
    for number, triple in enumerate(raw, 1):
        try:
            yield read_rule(triple, own=own)
        except InvalidRule as error:
            problems.append(
                _("%(where)s, condition %(number)s: %(error)s")
                % {"where": where, "number": number, "error": error}
            )


def read_rule(triple: Any, *, own: Own | None = None) -> Rule:
    """:raises InvalidRule: with a sentence."""
    if not isinstance(triple, list | tuple) or len(triple) != 3:
        raise InvalidRule(_("a condition is a list of name, operator and value."))
    key, op, value = triple
    known_here = own.get(key) if own and isinstance(key, str) else None
    condition = known_here or find(key)
    known = condition.operator(op)
    return Rule(condition, known.key, condition.clean(known.key, value))


def _refuse_vanished(groups: list[Group]) -> None:
    """:raises BrokenSegment: a tag or attribute that a rule names is gone.

    “Has not the tag X” would otherwise mean everybody, the day X is renamed.
    """
    gone = [
        f"{rule.condition.label}: {sentence}."
        for group in groups
        for rule in group.rules
        if (sentence := rule.vanished()) is not None
    ]
    if gone:
        raise BrokenSegment(gone)


def _describe_group(group: Group) -> str:
    joint = _(" and ") if group.mode == "all" else _(" or ")
    said = joint.join(rule.condition.sentence(rule.op, rule.value) for rule in group.rules)
    if group.mode == "none":
        return _("except: %(said)s") % {"said": said}
    if group.mode == "any" and len(group.rules) > 1:
        return _("at least one of: %(said)s") % {"said": said}
    return said
