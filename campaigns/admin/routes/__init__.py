"""Automation routes in the admin: their list, their page, and the questions before anything moves."""

from campaigns.admin.routes.admin import AutomationRouteAdmin

__all__ = ["AutomationRouteAdmin"]
