"""Template tags of the campaign pages."""
