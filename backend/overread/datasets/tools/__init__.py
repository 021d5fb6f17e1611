"""Readers of what other tools write, a file a format."""
