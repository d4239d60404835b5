"""The whole API at once, as its schema describes it."""
