"""Template tags of the pages of templates."""
