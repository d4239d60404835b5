"""The page of figures: how COD orders end, what asking saves, what orders are credited to."""
