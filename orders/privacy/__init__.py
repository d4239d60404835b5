"""What people ask of the shop about their data: heard, found, told, erased."""
