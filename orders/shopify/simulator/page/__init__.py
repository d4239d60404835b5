"""The pages at `/`: the shop front, its orders, and what was said between the shop and the app."""
