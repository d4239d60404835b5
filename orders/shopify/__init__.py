"""Shopify on the wire: its signatures, bodies, questions and answers. Knows no Django."""
