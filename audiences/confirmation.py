"""The page a customer opens to say yes for the second time. Looking changes nothing: mail scanners follow links."""

from contextlib import suppress
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from audiences.consent import consent_column
from audiences.double_opt_in import (
    ConfirmationRefused,
    confirm_consent,
    refuse_consent,
    request_of,
)
from audiences.models import ConsentRequest, ConsentState

MOST_AGENT = 200


@method_decorator(never_cache, name="dispatch")
class ConfirmView(TemplateView):
    """GET asks, POST confirms or declines; whoever has the link needs no login, and sees no name nor number."""

    template_name = "audiences/confirm.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = self._asked()
        if asked.state == ConsentRequest.State.CONFIRMED and _stands(asked):
            return self._say(asked, _("Thank you: it is confirmed already."))
        if not asked.is_open(now=timezone.now()):
            return self._say(asked, _("This link is no longer valid."), status=410)
        return self.render_to_response({"asked": asked})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked, now = self._asked(), timezone.now()
        if request.POST.get("answer") == "no":
            said = _evidence(request)
            refuse_consent(request=asked, how="link", evidence=said, at=now, now=now)
            return self._say(asked, _("All right: we will not write to you."))
        with suppress(ConfirmationRefused):
            confirmed = confirm_consent(
                request=asked, how="link", evidence=_evidence(request), at=now, now=now
            )
            # Whoever took it back since is not told that it is confirmed.
            if confirmed == ConsentState.GIVEN:
                return self._say(asked, _("Thank you: it is confirmed."))
        return self._say(asked, _("This link is no longer valid."), status=410)

    def _asked(self) -> ConsentRequest:
        asked = request_of(self.kwargs["token"])
        if asked is None:
            raise Http404
        return asked

    def _say(self, asked: ConsentRequest, answer: str, *, status: int = 200) -> HttpResponse:
        return self.render_to_response({"asked": asked, "answer": answer}, status=status)


def _stands(asked: ConsentRequest) -> bool:
    """Nothing was taken back since."""
    given = getattr(asked.contact, consent_column(asked.purpose)) == ConsentState.GIVEN
    return given and asked.contact.phone == asked.phone


def _evidence(request: HttpRequest) -> str:
    """What proves the visit: where it came from, and with what."""
    agent = request.META.get("HTTP_USER_AGENT", "")[:MOST_AGENT].replace("\x00", "")
    return f"IP {request.META.get('REMOTE_ADDR', '')}, {agent}"
