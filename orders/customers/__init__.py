"""Customers of the shop: their accounts, consents and wishes, and the contacts they lead to."""
