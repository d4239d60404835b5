"""Template tags of the pages of contacts."""
