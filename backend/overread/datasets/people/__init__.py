"""Whose films they are."""
