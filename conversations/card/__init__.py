"""The customer card: who a person is, what she bought, what was written both ways, and what may be done now."""
