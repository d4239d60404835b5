"""The demo: a pet-care brand, invented, that writes to the simulator of Spoki alone."""
