"""The segment page: conditions as rows, the count and the sentence beside them."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from audiences import parameters, segments
from audiences.admin.builder import Builder
from audiences.admin.pages import PageAdmin, user_of
from audiences.conditions import grouped
from audiences.live_count import LiveCount, count_in_time
from audiences.models import Contact, Segment, SegmentVersion
from audiences.models.segment import current_of
from audiences.onward import onward_from
from audiences.patience import OutOfPatience, at_most
from audiences.sample import Values, sample_of
from audiences.segment_usage import users_of
from audiences.selection import Selection

SAMPLE = 5
NAME_LENGTH = 150
# A page must not wait longer for an exact figure, nor for a few names (milliseconds).
PATIENCE = 2000

MODES = [
    ("all", gettext_lazy("ALL the conditions")),
    ("any", gettext_lazy("AT LEAST ONE of the conditions")),
    ("none", gettext_lazy("NONE of these (left out)")),
]


@dataclass(slots=True)
class Panel:
    """What stands beside the rows."""

    sentence: str = ""
    problems: list[str] = field(default_factory=list)
    count: LiveCount | None = None
    sample: list[tuple[Contact, list[tuple[str, str]]]] = field(default_factory=list)


@admin.register(Segment)
class SegmentAdmin(PageAdmin):
    list_display = ("name", "show_sentence", "show_version", "show_state", "updated_at")
    search_fields = ("name",)
    ordering = ("name",)

    @display(description=gettext_lazy("who"))  # type: ignore[untyped-decorator]
    def show_sentence(self, segment: Segment) -> str:
        return segments.describe(current_of(segment)[1])

    @display(description=gettext_lazy("version"))  # type: ignore[untyped-decorator]
    def show_version(self, segment: Segment) -> str:
        return f"v{current_of(segment)[0]}"

    @display(  # type: ignore[untyped-decorator]
        description=gettext_lazy("state"), label={"ready": "success", "broken": "danger"}
    )
    def show_state(self, segment: Segment) -> tuple[str, str]:
        if segments.problems_of(current_of(segment)[1]):
            return "broken", _("Broken")
        return "ready", _("Usable")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Segment]:
        """Segments without a version are half-made and shown nowhere."""
        return Segment.objects.with_current().order_by("name")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("builder/", view(self.builder_view), name="audiences_segment_builder"),
            path("panel/", view(self.panel_view), name="audiences_segment_panel"),
        ]
        return own + super().get_urls()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._posted(request, None)
        builder = Builder()
        builder.do("add-group")
        return self._page(request, None, builder, name="", spares=True)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        segment = get_object_or_404(self.get_queryset(request), pk=object_id)
        if not self.has_view_or_change_permission(request, segment):
            raise PermissionDenied
        if request.method == "POST":
            if not self.has_change_permission(request, segment):
                raise PermissionDenied
            return self._posted(request, segment)
        rules = _shown_version(request, segment).rules
        return self._page(request, segment, Builder.from_tree(rules), segment.name)

    def builder_view(self, request: HttpRequest) -> HttpResponse:
        """The rows after a button or a list was used, with the panel."""
        self._refuse_unless_editor(request)
        builder = Builder.from_form(request.POST.dict())
        builder.do(request.POST.get("do", ""))
        context = {"panel": self._panel(request, builder), "is_fragment": True}
        builder.spare_untouched()
        return self._fragment(request, "builder.html", context | _choices(builder))

    def panel_view(self, request: HttpRequest) -> HttpResponse:
        """The count and the sentence while a value is typed."""
        self._refuse_unless_editor(request)
        panel = self._panel(request, Builder.from_form(request.POST.dict()))
        return self._fragment(request, "panel.html", {"panel": panel})

    def _refuse_unless_editor(self, request: HttpRequest) -> None:
        may = self.has_add_permission(request) or self.has_change_permission(request)
        if request.method != "POST" or not may:
            raise PermissionDenied

    def _posted(self, request: HttpRequest, segment: Segment | None) -> HttpResponse:
        builder = Builder.from_form(request.POST.dict())
        name = request.POST.get("name", "").strip()
        action = request.POST.get("do", "")
        if action:
            builder.do(action)
            return self._page(request, segment, builder, name)
        origin, is_copy = segment, segment is not None and "_copy" in request.POST
        if is_copy:
            segment, name = None, free_name(name)
        errors = _name_errors(name, segment) + _overtaken(request, segment)
        try:
            tree = builder.check()
        except segments.BrokenSegment:
            return self._page(request, origin, builder, name, errors)
        if errors:
            return self._page(request, origin, builder, name, errors)
        return self._save(request, segment, builder, name, tree)

    def _save(
        self,
        request: HttpRequest,
        segment: Segment | None,
        builder: Builder,
        name: str,
        tree: dict[str, Any],
    ) -> HttpResponse:
        try:
            with transaction.atomic():
                version = segments.save_segment(
                    name=name, rules=tree, by=user_of(request), segment=segment
                )
        except segments.SegmentInUse as used:
            return self._page(request, segment, builder, name, [str(used)])
        except IntegrityError:
            # Somebody took the name between the check and now.
            return self._page(request, segment, builder, name, _name_errors(name, segment))
        messages.success(
            request,
            _("Saved: “%(name)s”, version %(number)s.") % {"name": name, "number": version.number},
        )
        if "_continue" in request.POST or "_copy" in request.POST:
            return HttpResponseRedirect(
                reverse("admin:audiences_segment_change", args=[version.segment_id])
            )
        return HttpResponseRedirect(reverse("admin:audiences_segment_changelist"))

    def _page(
        self,
        request: HttpRequest,
        segment: Segment | None,
        builder: Builder,
        name: str,
        errors: list[str] | None = None,
        *,
        spares: bool = False,
    ) -> HttpResponse:
        may_edit = (
            self.has_change_permission(request, segment)
            if segment
            else self.has_add_permission(request)
        )
        panel = self._panel(request, builder)
        if spares:
            builder.spare_untouched()
        context = self.page(
            request,
            segment.name if segment else _("New segment"),
            original=segment,
            name=name,
            errors=errors or [],
            may_edit=may_edit,
            panel=panel,
            versions=_told_versions(segment) if segment else [],
            users=users_of(segment) if segment else [],
            onward=onward_from(segment, request.user) if segment else [],
            older=_older(request, segment),
            seen=request.POST.get("seen") or (segment.current.number if segment else ""),
            **_choices(builder),
        )
        return TemplateResponse(request, "audiences/admin/segment.html", context)

    def _fragment(
        self, request: HttpRequest, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        return TemplateResponse(request, f"audiences/admin/parts/{template}", context)

    def _panel(self, request: HttpRequest, builder: Builder) -> Panel:
        try:
            tree = builder.check()
        except segments.BrokenSegment as broken:
            return Panel(problems=broken.problems)
        now = timezone.now()
        counted = count_in_time(Selection(rules=tree), now=now, milliseconds=PATIENCE)
        panel = Panel(sentence=segments.describe(tree), count=counted)
        # The figures stand even where a few names would take too long.
        with suppress(OutOfPatience), at_most(PATIENCE):
            panel.sample = _sample(request, tree, now=now)
        return panel


def _sample(
    request: HttpRequest, tree: dict[str, Any], *, now: datetime
) -> list[tuple[Contact, list[tuple[str, str]]]]:
    """A few people with what a message could say to each, for who may see people."""
    if not request.user.has_perm("audiences.view_contact"):
        return []
    labels = parameters.of_other_floors()
    return [
        (contact, [*_attributes(contact), *_told(labels, values)])
        for contact, values in sample_of(tree, now=now, size=SAMPLE)
    ]


def _attributes(contact: Contact) -> list[tuple[str, str]]:
    """What a person would read of the attributes: texts and numbers, in order."""
    return [
        (name, str(value))
        for name, value in sorted(contact.attributes.items())
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    ]


def _told(labels: dict[str, str], values: Values) -> list[tuple[str, str]]:
    """The values there are, with their labels; an address to click says nothing to a reader."""
    return [
        (label, values[key])
        for key, label in labels.items()
        if values[key] and not values[key].startswith("http")
    ]


def _choices(builder: Builder) -> dict[str, Any]:
    return {"builder": builder, "modes": MODES, "conditions": grouped()}


def free_name(name: str) -> str:
    """The name itself, or followed by the first number that nobody has taken."""
    taken = set(
        Segment.objects.filter(name__startswith=name[:NAME_LENGTH]).values_list("name", flat=True)
    )
    if name not in taken:
        return name
    numbered = (f"{name[: NAME_LENGTH - 6]} ({number})" for number in count(2))
    return next(free for free in numbered if free not in taken)


def _told_versions(segment: Segment) -> list[tuple[SegmentVersion, str]]:
    """Every version with its sentence, the newest first."""
    versions = segment.versions.select_related("created_by").order_by("-number")
    return [(version, segments.describe(version.rules)) for version in versions]


def _shown_version(request: HttpRequest, segment: Segment) -> SegmentVersion:
    """The version asked for by `?version=`, the current one without."""
    asked = request.GET.get("version", "")
    if not asked.isdecimal():
        return segment.current
    return get_object_or_404(segment.versions, number=int(asked[:9]))


def _older(request: HttpRequest, segment: Segment | None) -> int | None:
    """The number of the version on the page, when it is not the current one."""
    if segment is None or request.method != "GET":
        return None
    shown = _shown_version(request, segment).number
    return shown if shown != segment.current.number else None


def _name_errors(name: str, segment: Segment | None) -> list[str]:
    if not name:
        return [_("Give the segment a name.")]
    if len(name) > NAME_LENGTH:
        return [_("The name is too long: at most 150 characters.")]
    others = Segment.objects.exclude(pk=segment.pk) if segment else Segment.objects
    if others.filter(name=name).exists():
        return [_("There is already a segment with this name.")]
    return []


def _overtaken(request: HttpRequest, segment: Segment | None) -> list[str]:
    """Somebody else saved while this page was open: nothing is overwritten unseen."""
    if segment is None or request.POST.get("seen") == str(segment.current.number):
        return []
    return [
        _(
            "Meanwhile somebody saved version %(number)s: open the segment again before you change it."
        )
        % {"number": segment.current.number}
    ]
