"""Reading asks for the permission to view, unlike DRF's own class."""

from rest_framework.permissions import BasePermission, DjangoModelPermissions
from rest_framework.request import Request
from rest_framework.views import APIView


class ModelPermissions(DjangoModelPermissions):
    perms_map = DjangoModelPermissions.perms_map | {
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
    }


class MayWriteContacts(BasePermission):
    """An upsert may create or change: it asks for both."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.has_perms(["audiences.add_contact", "audiences.change_contact"]))


class MaySeeContacts(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.has_perm("audiences.view_contact"))
