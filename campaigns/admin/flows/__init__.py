"""Flows in the admin: the list, the form, the page of each one, and what is asked before it moves."""

from campaigns.admin.flows.admin import FlowAdmin

__all__ = ["FlowAdmin"]
