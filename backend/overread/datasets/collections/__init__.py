"""Readers of public collections, a file each."""
