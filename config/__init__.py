"""The composition root: settings, addresses, background work."""
