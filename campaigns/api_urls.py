"""Addresses of the API of campaigns, of flows and of the account, below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from campaigns.api.account import AccountView, RefreshView
from campaigns.api.campaigns import CampaignViewSet
from campaigns.api.flows import FlowViewSet

router = SimpleRouter()
router.register("campaigns", CampaignViewSet, basename="campaign")
router.register("flows", FlowViewSet, basename="flow")

urlpatterns = [
    *router.urls,
    path("account/", AccountView.as_view(), name="account"),
    path("account/refresh/", RefreshView.as_view(), name="account-refresh"),
]
