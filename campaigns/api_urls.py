"""Addresses of the API of campaigns and of the account, below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from campaigns.api.account import AccountView, RefreshView
from campaigns.api.campaigns import CampaignViewSet

router = SimpleRouter()
router.register("campaigns", CampaignViewSet, basename="campaign")

urlpatterns = [
    *router.urls,
    path("account/", AccountView.as_view(), name="account"),
    path("account/refresh/", RefreshView.as_view(), name="account-refresh"),
]
