"""Encoders side by side at equal bytes, and the page that shows them."""
