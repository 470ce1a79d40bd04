"""JPEG, one stage a file."""
