"""Bytes to pixels, in a process of its own: whatever they hold, it ends there."""
