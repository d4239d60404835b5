"""Contacts kept the same here and at Spoki: differences pushed, news pulled, conflicts written down.

We decide name, language, email, attributes and consent; Spoki decides its id, the flags "blocked" and
"invalid number", and withdrawals. A consent that Spoki shows reinstates nobody: it carries no evidence.
"""
