"""What cash on delivery costs, what its confirmation saves, and which messages orders are credited to."""
