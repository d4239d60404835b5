"""The endpoints of the Spoki API, one module per resource."""
