"""Blinding: what a reader may not see yet, and what they see in its place."""
