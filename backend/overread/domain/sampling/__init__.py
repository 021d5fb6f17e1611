"""Draws, estimates and tests on samples."""
