"""What the admin pages of this floor and of the orders have in common."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.models import User
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

if TYPE_CHECKING:
    from django.contrib import admin

    Base = admin.ModelAdmin[Any]
else:
    Base = ModelAdmin


class PageAdmin(Base):
    """Lists of 25 rows that never count a whole big table twice."""

    list_per_page = 25
    show_full_result_count = False

    class Media:
        css = {"all": ["audiences/audiences.css"]}

    def page(self, request: HttpRequest, title: str, **context: Any) -> dict[str, Any]:
        """The context of a page of our own within the frame of the admin."""
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": title,
            **context,
        }

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Evidence hangs on these rows: nobody deletes them here."""
        return False


class ReadOnlyAdmin(PageAdmin):
    """A page that only shows, superusers included."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def user_of(request: HttpRequest) -> User:
    """Whoever is logged in; admin pages know no anonymous."""
    return cast("User", request.user)
