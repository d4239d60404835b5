"""Who needs fresh template statuses right now. Higher floors register here in `AppConfig.ready`."""

from __future__ import annotations

from collections.abc import Callable

from templates_sync.models import TemplateDraft, TemplateVersion

_needs: dict[str, Callable[[], bool]] = {}


def register(name: str, is_needed: Callable[[], bool]) -> None:
    """Read templates every 2 minutes while `is_needed()`, for example while a campaign runs.

    Registering a name again replaces it.
    """
    _needs[name] = is_needed


def is_urgent() -> bool:
    """Return whether Meta is reviewing a template of ours, or somebody registered needs news."""
    pending = TemplateVersion.objects.current().filter(status=TemplateVersion.Status.PENDING)
    submitted = TemplateDraft.objects.filter(status=TemplateDraft.Status.SUBMITTED)
    return (
        pending.exists() or submitted.exists() or any(is_needed() for is_needed in _needs.values())
    )
